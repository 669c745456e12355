#include "generate/fonts/freetype_library.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::generate {

FreetypeLibrary::FreetypeLibrary() {
  const FT_Error status = FT_Init_FreeType(&library_);
  if (status != 0) throw core::Error::internal(fmt::format("FreeType error {} at start", status));
}

FreetypeLibrary::~FreetypeLibrary() { FT_Done_FreeType(library_); }

}  // namespace ersatz::generate
