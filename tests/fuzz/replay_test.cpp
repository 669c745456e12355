// Feeds every file of the corpus to its fuzz target: crashes that were once found stay fixed.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// fuzz_targets.inc, written by CMake, has a line ERSATZ_FUZZ_TARGET(name) per target.
#define ERSATZ_FUZZ_TARGET(name) \
  extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef ERSATZ_FUZZ_TARGET

namespace ersatz {
namespace {

void replay(const std::string& name, int (*target)(const std::uint8_t*, std::size_t)) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ERSATZ_FUZZ_CORPUS "/" + name)) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    // A copy of exactly that size, so that a sanitizer sees every read past the end.
    const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
    EXPECT_EQ(target(data.data(), data.size()), 0);
    ++files;
  }
  EXPECT_GT(files, 0) << "the corpus is empty";
}

#define ERSATZ_FUZZ_TARGET(name) \
  TEST(FuzzReplay, name) { replay(#name, &fuzz_##name); }
#include "fuzz_targets.inc"
#undef ERSATZ_FUZZ_TARGET

}  // namespace
}  // namespace ersatz
