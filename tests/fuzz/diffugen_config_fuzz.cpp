// DiffuGen's configuration files: a mistake of the author that is named by line, text that is no
// JSON, or a configuration whose numbers are in range.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "fuzz/fuzz_file.h"
#include "generate/diffugen/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ersatz;
  static const test::FuzzFile file("config.json");
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    const generate::DiffuGenConfig config = generate::load_diffugen_config(file.holding(text));
    if (config.width < 8 || config.width % 8 != 0 || config.height < 8 || config.height % 8 != 0 ||
        config.steps < 1 || config.images_per_shard < 1 || config.classes.empty()) {
      std::abort();
    }
    if (config.txt2img && (config.txt2img->seeds.low > config.txt2img->seeds.high ||
                           config.txt2img->objects.empty() || config.txt2img->templates.empty())) {
      std::abort();
    }
    for (const generate::DiffuGenRemark& remark : config.remarks) {
      if (remark.line == 0 || remark.text.empty()) std::abort();
    }
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUsage && error.code() != core::ExitCode::kUntrustedData) {
      std::abort();
    }
  }
  return 0;
}
