// A pair of IDX files, plain or packed: what is accepted has an image for every label and all of
// its pixels. The first byte is the number of 8-byte blocks that are the labels' file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "data/idx.h"
#include "fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ersatz;
  static const test::FuzzFile labels("labels"), images("images");
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::size_t split = std::min<std::size_t>(std::size_t{8} * bytes[0], all.size());
  try {
    const data::LabelledImages read =
        data::read_idx(images.holding(all.substr(split)), labels.holding(all.substr(0, split)));
    if (read.width < 1 || read.height < 1) std::abort();
    if (read.pixels.size() != read.labels.size() * static_cast<std::size_t>(read.width) *
                                  static_cast<std::size_t>(read.height)) {
      std::abort();
    }
    for (const std::uint8_t label : read.labels) {
      if (label > 9) std::abort();
    }
  } catch (const core::Error& error) {
    if (error.code() != core::ExitCode::kUntrustedData) std::abort();
  }
  return 0;
}
