#include "core/digest.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

// FIPS 180-4 examples.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, FileAndPiecesAgree) {
  test::TemporaryFolder folder;
  const std::string text(3'000'001, 'x');
  write_file_atomic(folder / "f", text);
  Sha256 pieces;
  pieces.update(std::string_view(text).substr(0, 17));
  pieces.update(std::string_view(text).substr(17));
  EXPECT_EQ(pieces.hex(), sha256_file(folder / "f"));
}

}  // namespace
}  // namespace ersatz::core
