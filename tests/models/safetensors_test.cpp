#include "models/safetensors.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "models/safetensors_header.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

std::string file_bytes(const std::string& header, std::size_t data_bytes,
                       std::uint64_t claimed_length) {
  std::string file;
  for (int i = 0; i < 8; ++i) file.push_back(static_cast<char>(claimed_length >> (8 * i) & 0xff));
  return file + header + std::string(data_bytes, '\x01');
}

std::string file_bytes(const std::string& header, std::size_t data_bytes) {
  return file_bytes(header, data_bytes, header.size());
}

SafetensorsHeader parse(const std::string& bytes) {
  return parse_safetensors_header(bytes, bytes.size(), "hostile.safetensors");
}

TEST(Safetensors, RoundTripOfEveryType) {
  const test::TemporaryFolder folder;
  NamedTensors tensors;
  for (const auto type :
       {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64,
        torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8, torch::kBool}) {
    tensors[std::string("t-") + torch::toString(type)] = torch::randn({3, 5}).mul(9).to(type);
  }
  tensors["scalar"] = torch::tensor(2.5F);
  tensors["empty"] = torch::empty({0, 4});
  tensors["name with \"quotes\" and \xc3\xa9"] = torch::arange(7);
  tensors["strided"] = torch::arange(12).view({3, 4}).t();
  save_safetensors(folder / "a.safetensors", tensors, {{"k", "v"}, {"n", "1"}});
  const Safetensors read = load_safetensors(folder / "a.safetensors");
  ASSERT_EQ(read.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    ASSERT_EQ(read.tensors.count(name), 1U) << name;
    EXPECT_TRUE(torch::equal(read.tensors.at(name), tensor)) << name;
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
  }
  EXPECT_EQ(read.metadata, (std::map<std::string, std::string>{{"k", "v"}, {"n", "1"}}));
}

TEST(Safetensors, EqualContentGivesEqualAlignedBytes) {
  const test::TemporaryFolder folder;
  const NamedTensors tensors = {{"b", torch::ones({3})}, {"a", torch::zeros({1})}};
  save_safetensors(folder / "1", tensors);
  save_safetensors(folder / "2", tensors);
  const std::string bytes = core::read_file(folder / "1");
  EXPECT_EQ(bytes, core::read_file(folder / "2"));
  EXPECT_EQ(static_cast<unsigned char>(bytes[0]) % 8, 0);
  EXPECT_LT(bytes.find("\"a\""), bytes.find("\"b\""));
}

TEST(Safetensors, BytesAreWhatTheyHaveAlwaysBeen) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "w",
                   {{"b", torch::tensor({1, 2}, torch::kUInt8)}, {"a", torch::tensor(1.0F)}},
                   {{"k", "v"}});
  const std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
      R"("b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(core::read_file(folder / "w"),
            file_bytes(padded, 0) + std::string("\0\0\x80\x3f", 4) + "\x01\x02");
}

TEST(Safetensors, WideTypesComeFirstThenNames) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "w", {{"a", torch::ones({1}, torch::kUInt8)},
                                  {"b", torch::ones({1}, torch::kFloat16)},
                                  {"d", torch::ones({1})},
                                  {"c", torch::ones({1})},
                                  {"e", torch::ones({1}, torch::kInt64)}});
  const std::string bytes = core::read_file(folder / "w");
  std::size_t last = 0;
  for (const char* name : {"\"e\"", "\"c\"", "\"d\"", "\"b\"", "\"a\""}) {
    EXPECT_GT(bytes.find(name), last) << name;
    last = bytes.find(name);
  }
}

// Everything behind the metadata, whose entries have no order in the format.
std::string without_metadata(const std::string& file) {
  return file.substr(file.find("\"__metadata__\"") == std::string::npos ? 0 : file.find("},"));
}

void expect_same_bytes_again(const std::filesystem::path& directory) {
  const test::TemporaryFolder folder;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".safetensors") continue;
    const Safetensors read = load_safetensors(entry.path());
    save_safetensors(folder / "again", read.tensors, read.metadata);
    const std::string again = core::read_file(folder / "again");
    const std::string original = core::read_file(entry.path());
    EXPECT_EQ(again.size(), original.size()) << entry.path();
    const bool ordered = read.metadata.size() <= 1;
    EXPECT_TRUE(ordered ? again == original : without_metadata(again) == without_metadata(original))
        << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST(Safetensors, RecordedFilesComeBackByteForByte) {
  ERSATZ_REQUIRE_SHARED(directory, "fixtures");
  expect_same_bytes_again(directory);
}

TEST(Safetensors, FilesOfTheReferenceImplementationComeBackByteForByte) {
  ERSATZ_REQUIRE_SHARED(directory, "data/taesd");
  expect_same_bytes_again(directory);
}

TEST(Safetensors, SavingOverAFileThatIsBeingReadLeavesTheReaderAlone) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "a", {{"x", torch::full({1000}, 1.0F)}});
  const Safetensors before = load_safetensors(folder / "a");
  save_safetensors(folder / "a", {{"x", torch::full({10}, 2.0F)}});
  EXPECT_EQ(before.tensors.at("x").sum().item<float>(), 1000.0F);
  EXPECT_EQ(load_safetensors(folder / "a").tensors.at("x").numel(), 10);
}

TEST(Safetensors, AcceptsWhatTheFormatAllows) {
  EXPECT_TRUE(parse(file_bytes("{}", 0)).tensors.empty());
  const SafetensorsHeader header =
      parse(file_bytes(R"({ "z":{"data_offsets":[0,0],"shape":[0,9],"dtype":"F32"},)"
                       R"("a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
                       R"("b":{"dtype":"F16","shape":[2,1],"data_offsets":[1,5]}}   )",
                       5));
  EXPECT_EQ(header.tensors.size(), 3U);
  EXPECT_EQ(header.tensors.at("b").shape, (std::vector<std::int64_t>{2, 1}));
}

struct Attack {
  const char* name;
  std::string bytes;
  const char* message;
};

std::vector<Attack> attacks() {
  const std::string good = R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})";
  const auto tensor = [](const std::string& fields) { return "{\"a\":{" + fields + "}}"; };
  std::string deep = "{\"a\":";
  for (int i = 0; i < 5000; ++i) deep += "{\"shape\":";
  return {
      {"empty", "", "too short"},
      {"seven bytes", std::string(7, '\0'), "too short"},
      {"no header", std::string(8, '\0'), "does not start with"},
      {"length 2^63", file_bytes(good, 4, std::uint64_t{1} << 63), "is refused"},
      {"length 2^64-1", file_bytes(good, 4, ~std::uint64_t{0}), "is refused"},
      {"length above the cap", file_bytes(good, 4, 100'000'001), "is refused"},
      {"length beyond the file", file_bytes(good, 4, 5000), "ends inside its header"},
      {"not JSON", file_bytes("{hello}", 0), "not valid JSON"},
      {"JSON array", file_bytes("[]", 0), "does not start with"},
      {"space in front", file_bytes(" " + good, 4), "does not start with"},
      {"zero padding", file_bytes(good + std::string(3, '\0'), 4), "does not end with"},
      {"second value", file_bytes("{}{}", 0), "not valid JSON"},
      {"invalid UTF-8", file_bytes("{\"\xff\xfe\":{}}", 0), "not valid JSON"},
      {"duplicate tensor",
       file_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                  R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                  1),
       "appears twice"},
      {"duplicate field",
       file_bytes(tensor(R"("dtype":"U8","dtype":"F32","shape":[4],"data_offsets":[0,4])"), 4),
       "appears twice"},
      {"duplicate metadata", file_bytes(R"({"__metadata__":{"k":"1","k":"2"}})", 0),
       "appears twice"},
      {"metadata number", file_bytes(R"({"__metadata__":{"k":1}})", 0), "a number"},
      {"metadata object", file_bytes(R"({"__metadata__":{"k":{}}})", 0), "an object"},
      {"unknown field",
       file_bytes(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4],"x":[])"), 4),
       "unknown field 'x'"},
      {"unknown type", file_bytes(tensor(R"("dtype":"F31","shape":[1],"data_offsets":[0,4])"), 4),
       "unknown type 'F31'"},
      {"type in lower case",
       file_bytes(tensor(R"("dtype":"u8","shape":[4],"data_offsets":[0,4])"), 4), "unknown type"},
      {"no shape", file_bytes(tensor(R"("dtype":"U8","data_offsets":[0,4])"), 4), "has no shape"},
      {"no offsets", file_bytes(tensor(R"("dtype":"U8","shape":[4])"), 4), "no data_offsets"},
      {"no dtype", file_bytes(tensor(R"("shape":[4],"data_offsets":[0,4])"), 4), "no dtype"},
      {"negative size", file_bytes(tensor(R"("dtype":"U8","shape":[-4],"data_offsets":[0,4])"), 4),
       "negative"},
      {"fractional size",
       file_bytes(tensor(R"("dtype":"U8","shape":[4.0],"data_offsets":[0,4])"), 4),
       "not a 64-bit integer"},
      {"size beyond 64 bits",
       file_bytes(tensor(R"("dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4])"), 4),
       "not a 64-bit integer"},
      {"overflowing product",
       file_bytes(tensor(R"("dtype":"F32","shape":[4194305,4194305,211106198978564],)"
                         R"("data_offsets":[0,4])"),
                  4),
       "overflows"},
      {"overflow hidden by a zero",
       file_bytes(tensor(R"("dtype":"F32","shape":[9223372036854775808,0],"data_offsets":[0,0])"),
                  0),
       "overflows"},
      {"three offsets", file_bytes(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4,4])"), 4),
       "exactly two"},
      {"ends before it begins",
       file_bytes(tensor(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])"), 4), "before"},
      {"beyond the file", file_bytes(tensor(R"("dtype":"U8","shape":[5],"data_offsets":[0,5])"), 4),
       "outside"},
      {"shape and bytes differ",
       file_bytes(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4), "need 8"},
      {"hole at the start",
       file_bytes(tensor(R"("dtype":"U8","shape":[3],"data_offsets":[1,4])"), 4), "hole"},
      {"hole between",
       file_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                  R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                  3),
       "hole"},
      {"overlap",
       file_bytes(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                  R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                  3),
       "overlaps"},
      {"same bytes twice",
       file_bytes(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                  R"("b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
                  2),
       "overlaps"},
      {"trailing bytes", file_bytes(good, 5), "follow the last tensor"},
      {"only trailing bytes", file_bytes("{}", 1), "follow the last tensor"},
      {"deep nesting", file_bytes(deep + "}", 0), "an object"},
      {"null tensor", file_bytes(R"({"a":null})", 0), "null"},
      {"nested shape", file_bytes(tensor(R"("dtype":"U8","shape":[[4]],"data_offsets":[0,4])"), 4),
       "an array"},
      {"endless shape",
       file_bytes(tensor("\"dtype\":\"U8\",\"data_offsets\":[0,4],\"shape\":[1" +
                         [] {
                           std::string ones;
                           for (int i = 0; i < 100; ++i) ones += ",1";
                           return ones;
                         }() +
                         "]"),
                  4),
       "too many numbers"},
  };
}

TEST(SafetensorsAttack, EveryHostileHeaderIsRefused) {
  for (const Attack& attack : attacks()) {
    SCOPED_TRACE(attack.name);
    EXPECT_ERSATZ_ERROR(parse(attack.bytes), core::ExitCode::kUntrustedData, attack.message);
  }
}

TEST(SafetensorsAttack, ErrorsNameTheFile) {
  const test::TemporaryFolder folder;
  core::write_file_atomic(folder / "evil.safetensors", "{}");
  EXPECT_ERSATZ_ERROR(load_safetensors(folder / "evil.safetensors"), core::ExitCode::kUntrustedData,
                      "evil.safetensors");
  EXPECT_ERSATZ_ERROR(load_safetensors(folder / "none.safetensors"), core::ExitCode::kMissing,
                      "none.safetensors");
  EXPECT_ERSATZ_ERROR(load_safetensors(folder.path()), core::ExitCode::kMissing,
                      "not a regular file");
}

TEST(SafetensorsAttack, BoolsOtherThanZeroAndOneAreRefused) {
  const test::TemporaryFolder folder;
  std::string bytes = file_bytes(R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", 2);
  core::write_file_atomic(folder / "ok", bytes);
  EXPECT_EQ(load_safetensors(folder / "ok").tensors.at("a").sum().item<int>(), 2);
  bytes.back() = '\x02';
  core::write_file_atomic(folder / "bad", bytes);
  EXPECT_ERSATZ_ERROR(load_safetensors(folder / "bad"), core::ExitCode::kUntrustedData, "bool");
}

// Mutated files either parse, with every tensor inside the file, or are refused in our own words.
TEST(SafetensorsAttack, RandomMutationsNeverEscape) {
  const std::string original = file_bytes(
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
      R"("b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}  )",
      19);
  core::Stream random(42, "safetensors-mutations");
  int parsed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = original;
    const std::uint64_t changes = 1 + random.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
      const std::size_t at = random.below(bytes.size());
      switch (random.below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
          break;
        case 2:
          bytes.erase(at, 1 + random.below(3));
          break;
        default:
          bytes.insert(at, 1, "0123456789[]{},:\""[random.below(17)]);
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    try {
      const SafetensorsHeader header = parse(bytes);
      ++parsed;
      for (const auto& [name, tensor] : header.tensors) {
        ASSERT_LE(tensor.begin + tensor.bytes, bytes.size()) << name;
      }
    } catch (const core::Error& error) {
      ASSERT_EQ(error.code(), core::ExitCode::kUntrustedData) << error.what();
    }
  }
  EXPECT_GT(parsed, 100) << "mutations of the data alone should still parse";
}

TEST(Safetensors, ReadsFilesOfTheReferenceImplementation) {
  ERSATZ_REQUIRE_SHARED(fixture, "fixtures/resnet18");
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixture)) {
    if (entry.path().extension() != ".safetensors") continue;
    EXPECT_FALSE(load_safetensors(entry.path()).tensors.empty()) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace ersatz::models
