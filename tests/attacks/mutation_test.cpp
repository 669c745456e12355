// Honest files of torch.save with random damage: either every tensor lies inside the file, or the
// file is refused in our own words.
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/philox.h"
#include "models/weights/pickle_builder.h"
#include "models/weights/torch_file.h"
#include "models/weights/zip_builder.h"

namespace ersatz::models {
namespace {

constexpr int kRounds = 20000;

std::string honest_pickle() {
  test::PickleBuilder content;
  content.raw("}(")
      .text("epoch")
      .raw("K\x03")
      .text("state_dict")
      .empty_ordered_dict()
      .raw("q\x01(");
  content.text("a.weight").tensor("FloatStorage", "0", 4, 0, {2, 2}, {2, 1});
  content.text("a.bias").tensor("HalfStorage", "1", 2, 1, {1}, {1});
  content.text("names").raw("](").text("x").raw("N\x88").integer(-5).raw("eu");
  content.text("again").raw("h\x01u");
  return content.stop();
}

std::string mutated(std::string bytes, core::Stream& random) {
  // Opcodes more often than chance would have them.
  static constexpr std::string_view kOpcodes = "().NKMXUcRQtdlaesu}]qh\x81\x85\x86\x88\x8a\x93\x94";
  const std::uint64_t changes = 1 + random.below(3);
  for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(5)) {
      case 0:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes.erase(at, 1 + random.below(4));
        break;
      case 3:
        bytes[at] = kOpcodes[random.below(kOpcodes.size())];
        break;
      default:
        bytes.insert(at, 1, kOpcodes[random.below(kOpcodes.size())]);
        break;
    }
  }
  return bytes;
}

// Whether the file was accepted.
bool read_safely(const std::string& bytes) {
  try {
    for (const auto& [name, tensor] : read_torch_zip(bytes, "mutated").tensors) {
      EXPECT_LE(tensor.begin, bytes.size()) << name;
      EXPECT_LE(tensor.bytes, bytes.size() - tensor.begin) << name;
    }
    return true;
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::kUntrustedData) << error.what();
    return false;
  }
}

TEST(Mutation, OfThePickleNeverEscapes) {
  const std::string original = honest_pickle();
  const std::map<std::string, std::string> storages = {{"0", std::string(16, '\0')},
                                                       {"1", std::string(4, '\0')}};
  ASSERT_TRUE(read_safely(test::torch_zip(original, storages)));
  core::Stream random(7, "pickle-mutations");
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    accepted += read_safely(test::torch_zip(mutated(original, random), storages)) ? 1 : 0;
  }
  EXPECT_GT(accepted, kRounds / 100) << "changes of names should be accepted";
  EXPECT_LT(accepted, kRounds / 2);
}

TEST(Mutation, OfTheArchiveNeverEscapes) {
  const std::string original =
      test::torch_zip(honest_pickle(), {{"0", std::string(16, '\0')}, {"1", std::string(4, '\0')}});
  core::Stream random(8, "archive-mutations");
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    accepted += read_safely(mutated(original, random)) ? 1 : 0;
  }
  EXPECT_GT(accepted, 0) << "changes of padding and storages should be accepted";
  EXPECT_LT(accepted, kRounds / 2);
}

}  // namespace
}  // namespace ersatz::models
