// Ownership of FreeType's library handle. FreeType allows one thread per handle.
#pragma once

#include <ft2build.h>
#include FT_FREETYPE_H

namespace ersatz::generate {

class FreetypeLibrary {
 public:
  FreetypeLibrary();  // Error::internal when FreeType cannot start
  ~FreetypeLibrary();
  FreetypeLibrary(const FreetypeLibrary&) = delete;
  FreetypeLibrary& operator=(const FreetypeLibrary&) = delete;
  FT_Library get() const { return library_; }

 private:
  FT_Library library_ = nullptr;
};

}  // namespace ersatz::generate
