#include "models/weights/weights.h"

#include <gtest/gtest.h>
#include <torch/serialize.h>
#include <torch/types.h>

#include <fstream>

#include "core/file_system.h"
#include "models/weights/pickle_builder.h"
#include "models/weights/zip_builder.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::models {
namespace {

using test::PickleBuilder;

NamedTensors one_of_each_type() {
  NamedTensors tensors;
  for (const auto type :
       {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64,
        torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8, torch::kBool}) {
    tensors[std::string("t-") + torch::toString(type)] = torch::randn({3, 5}).mul(9).to(type);
  }
  tensors["scalar"] = torch::tensor(2.5F);
  tensors["empty"] = torch::empty({0, 4});
  return tensors;
}

void expect_equal(const NamedTensors& read, const NamedTensors& written) {
  ASSERT_EQ(read.size(), written.size());
  for (const auto& [name, tensor] : written) {
    ASSERT_EQ(read.count(name), 1U) << name;
    EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(read.at(name), tensor)) << name;
  }
}

float at(const torch::Tensor& tensor, std::int64_t index) {
  return tensor.flatten()[index].item<float>();
}

TEST(Weights, SafetensorsOfEveryTypeAreViewsOfOneMapping) {
  const test::TemporaryFolder folder;
  const NamedTensors written = one_of_each_type();
  save_safetensors(folder / "w", written, {{"format", "pt"}});
  const Weights weights = open_weights(folder / "w");
  expect_equal(weights.tensors, written);
  EXPECT_EQ(weights.metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
  EXPECT_EQ(weights.file, folder / "w");
  // Neighbours in the file are neighbours in memory: nothing was copied.
  const auto& a = weights.tensors.at("t-Byte");
  const auto& b = weights.tensors.at("t-Bool");
  EXPECT_EQ(static_cast<const char*>(b.data_ptr()) - static_cast<const char*>(a.data_ptr()), 15);
}

TEST(Weights, TensorsOutliveTheWeightsAndTheFile) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "w", {{"a", torch::arange(10000)}});
  const torch::Tensor tensor = open_weights(folder / "w").tensors.at("a");
  save_safetensors(folder / "w", {{"a", torch::zeros({10})}});
  EXPECT_EQ(tensor.sum().item<std::int64_t>(), 49995000);
}

TEST(Weights, MisalignedDataIsCopied) {
  const test::TemporaryFolder folder;
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} )";
  ASSERT_NE((8 + header.size()) % 4, 0U);
  core::write_file_atomic(folder / "w", test::little_endian(header.size(), 8) + header +
                                            test::little_endian(0x40000000'3f800000, 8));
  const torch::Tensor tensor = open_weights(folder / "w").tensors.at("a");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 4, 0U);
  EXPECT_TRUE(torch::equal(tensor, torch::tensor({1.0F, 2.0F})));
}

TEST(Weights, ForgottenPagesLeaveMemoryAndComeBack) {
  const test::TemporaryFolder folder;
  constexpr std::int64_t kBytes = 32 << 20;
  save_safetensors(folder / "w", {{"a", torch::ones({kBytes}, torch::kInt8)}});
  const Weights weights = open_weights(folder / "w");
  const torch::Tensor& tensor = weights.tensors.at("a");
  ASSERT_EQ(tensor.sum().item<std::int64_t>(), kBytes);
  const std::int64_t touched = test::resident_bytes();
  EXPECT_TRUE(is_file_view(tensor[5]));
  forget_pages(tensor);
  EXPECT_LT(test::resident_bytes() + kBytes / 2, touched);
  EXPECT_EQ(tensor.sum().item<std::int64_t>(), kBytes);
  const torch::Tensor ours = torch::ones({1000});
  forget_pages(ours);
  forget_pages(torch::Tensor());
  EXPECT_FALSE(is_file_view(ours));
  EXPECT_FALSE(is_file_view(torch::Tensor()));
  EXPECT_EQ(ours.sum().item<float>(), 1000.0F);
}

TEST(Weights, ReadsWhatLibtorchWrites) {
  const test::TemporaryFolder folder;
  NamedTensors written = one_of_each_type();
  const torch::Tensor shared = torch::arange(24, torch::kFloat32).view({4, 6});
  written["part"] = shared.slice(0, 1, 3);
  written["transposed"] = shared.t();
  c10::Dict<std::string, torch::Tensor> dictionary;
  for (const auto& [name, tensor] : written) dictionary.insert(name, tensor);
  const std::vector<char> bytes = torch::pickle_save(dictionary);
  core::write_file_atomic(folder / "w.pt", std::string(bytes.begin(), bytes.end()));
  const Weights weights = open_weights(folder / "w.pt");
  expect_equal(weights.tensors, written);
  EXPECT_EQ(weights.tensors.at("transposed").strides(), shared.t().strides());
  verify_weights(folder / "w.pt");
}

TEST(Weights, NestedNamesAreJoinedAndTextBecomesMetadata) {
  const test::TemporaryFolder folder;
  PickleBuilder pickle;  // as AUTOMATIC1111 saves a textual inversion
  pickle.raw("}(").text("string_to_token").raw("}").text("*").integer(265).raw("s");
  pickle.text("string_to_param").raw("}").text("*");
  pickle.tensor("FloatStorage", "0", 4, 0, {2, 2}, {2, 1}).raw("s");
  pickle.text("name").text("cat").text("step").integer(500).text("ratio");
  pickle.raw(std::string("G\x3f\xe0\0\0\0\0\0\0", 9)).text("none").raw("N").text("yes").raw("\x88");
  pickle.text("list").raw("](").integer(-1).text("x").raw("e").integer(7).text("seven").raw("u");
  core::write_file_atomic(folder / "w.pt",
                          test::torch_zip(pickle.stop(), {{"0", test::little_endian(0x3f800000, 4) +
                                                                    std::string(12, '\0')}}));
  const Weights weights = open_weights(folder / "w.pt");
  ASSERT_EQ(weights.tensors.size(), 1U);
  const torch::Tensor& vectors = weights.tensors.at("string_to_param.*");
  EXPECT_TRUE(torch::equal(vectors, torch::tensor({{1.0F, 0.0F}, {0.0F, 0.0F}})));
  EXPECT_EQ(weights.metadata, (std::map<std::string, std::string>{{"string_to_token.*", "265"},
                                                                  {"name", "cat"},
                                                                  {"step", "500"},
                                                                  {"ratio", "0.5"},
                                                                  {"none", "None"},
                                                                  {"yes", "True"},
                                                                  {"list.0", "-1"},
                                                                  {"list.1", "x"},
                                                                  {"7", "seven"}}));
}

TEST(Weights, ParameterDictsAreTheirParameters) {
  const test::TemporaryFolder folder;
  PickleBuilder pickle;  // as the original implementation of textual inversion saves
  pickle.raw("}").text("string_to_param");
  pickle.global("torch.nn.modules.container", "ParameterDict").raw(")\x81}(");
  pickle.text("training").raw("\x88").text("_parameters").empty_ordered_dict().text("*");
  pickle.global("torch._utils", "_rebuild_parameter").raw("(");
  pickle.tensor("FloatStorage", "0", 2, 0, {1, 2}, {2, 1}).raw("\x88").empty_ordered_dict();
  pickle.raw("tRs").text("_non_persistent_buffers_set");
  pickle.global("__builtin__", "set").raw("]\x85Rubs");
  core::write_file_atomic(folder / "w.pt",
                          test::torch_zip(pickle.stop(), {{"0", std::string(8, '\0')}}));
  const Weights weights = open_weights(folder / "w.pt");
  ASSERT_EQ(weights.tensors.size(), 1U);
  EXPECT_EQ(weights.tensors.at("string_to_param.*").sizes(), (std::vector<std::int64_t>{1, 2}));
}

TEST(Weights, StateDictIsUnwrappedAndTheRestIsNamed) {
  const test::TemporaryFolder folder;
  PickleBuilder pickle;  // as PyTorch Lightning saves a checkpoint
  pickle.raw("}(").text("epoch").integer(3).text("state_dict").empty_ordered_dict();
  pickle.raw("(").text("a.weight").tensor("HalfStorage", "0", 3, 1, {2}, {1});
  pickle.text("a.bias").tensor("HalfStorage", "0", 3, 0, {}, {});
  pickle.raw("u}").text("_metadata").empty_ordered_dict().raw("sb");  // attributes of the dict
  pickle.text("optimizer_states").raw("]");
  pickle.text("callbacks").raw("}");
  pickle.global("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint");
  pickle.global("numpy.core.multiarray", "scalar").raw("(N)tRs").raw("u");
  core::write_file_atomic(folder / "w.ckpt",
                          test::torch_zip(pickle.stop(), {{"0", std::string(6, '\0')}}));
  const Weights weights = open_weights(folder / "w.ckpt");
  ASSERT_EQ(weights.tensors.size(), 2U);
  EXPECT_EQ(weights.tensors.at("a.weight").scalar_type(), torch::kFloat16);
  EXPECT_EQ(weights.tensors.at("a.bias").dim(), 0);
  EXPECT_EQ(weights.metadata,
            (std::map<std::string, std::string>{{"epoch", "3"},
                                                {"optimizer_states", "(a list of 0, not loaded)"},
                                                {"callbacks", "(a dict of 1, not loaded)"}}));
}

TEST(Weights, ReadsProtocolFive) {
  const test::TemporaryFolder folder;
  // What Python writes for {"x": {"k": b"ab"}} (protocol 5: a frame, short texts, memoize).
  const std::string pickle(
      "\x80\x05\x95\x14\0\0\0\0\0\0\0}\x94\x8c\x01x\x94}\x94\x8c\x01k\x94"
      "C\x02"
      "ab\x94ss.",
      31);
  core::write_file_atomic(folder / "w.pt", test::torch_zip(pickle, {}));
  EXPECT_EQ(open_weights(folder / "w.pt").metadata.at("x.k"), "(2 bytes, not loaded)");
}

TEST(Weights, ReadsFilesFromBeforeZip) {
  const test::TemporaryFolder folder;
  PickleBuilder object, keys, machine, version;
  object.raw("}").text("a").tensor("LongStorage", "94", 3, 1, {2}, {1}).raw("s");
  keys.raw("]").text("94").raw("a");
  machine.raw("}").text("little_endian").boolean(true).raw("s");
  version.integer(1001);
  const std::string magic("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
  core::write_file_atomic(folder / "w.pth",
                          magic + version.stop() + machine.stop() + object.stop() + keys.stop() +
                              test::little_endian(3, 8) + test::little_endian(5, 8) +
                              test::little_endian(6, 8) + test::little_endian(7, 8));
  const Weights weights = open_weights(folder / "w.pth");
  EXPECT_TRUE(torch::equal(weights.tensors.at("a"), torch::tensor({6, 7}, torch::kInt64)));
}

TEST(Weights, Zip64FieldsAreRead) {
  const test::TemporaryFolder folder;
  PickleBuilder pickle;
  pickle.raw("}").text("a").tensor("ByteStorage", "0", 5, 0, {5}, {1}).raw("s");
  std::vector<test::ZipRecord> records = test::torch_records(pickle.stop(), {{"0", "abcde"}});
  records[1].central_size = records[1].central_stored = 0xFFFFFFFF;
  records[1].central_extra = test::little_endian(1, 2) + test::little_endian(16, 2) +
                             test::little_endian(5, 8) + test::little_endian(5, 8);
  core::write_file_atomic(folder / "w.pt", test::zip_file(records));
  EXPECT_EQ(open_weights(folder / "w.pt").tensors.at("a").sum().item<int>(), 495);
  // Archives of ordinary tools: no 64-bit end record, sizes in the local header.
  for (test::ZipRecord& record : records) record.flags = 0;
  records[1].central_size = records[1].central_stored = std::nullopt;
  records[1].central_extra.clear();
  test::ZipEnd end;
  end.zip64 = false;
  core::write_file_atomic(folder / "v.pt", test::zip_file(records, end));
  EXPECT_EQ(open_weights(folder / "v.pt").tensors.at("a").sum().item<int>(), 495);
}

TEST(Weights, VerifyingFindsADamagedStorage) {
  const test::TemporaryFolder folder;
  PickleBuilder pickle;
  pickle.raw("}").text("a").tensor("ByteStorage", "0", 5, 0, {5}, {1}).raw("s");
  std::string bytes = test::torch_zip(pickle.stop(), {{"0", "abcde"}});
  core::write_file_atomic(folder / "w.pt", bytes);
  verify_weights(folder / "w.pt");
  bytes[bytes.find("abcde")] = 'b';
  core::write_file_atomic(folder / "w.pt", bytes);
  open_weights(folder / "w.pt");
  EXPECT_ERSATZ_ERROR(verify_weights(folder / "w.pt"), core::ExitCode::kUntrustedData,
                      "archive/data/0");
}

TEST(Weights, SavingWhatWasOpenedGivesTheSameBytes) {
  const test::TemporaryFolder folder;
  save_safetensors(folder / "1", one_of_each_type(), {{"k", "v"}});
  const Weights weights = open_weights(folder / "1");
  save_safetensors(folder / "2", weights.tensors, weights.metadata);
  EXPECT_EQ(core::read_file(folder / "1"), core::read_file(folder / "2"));
}

// Both writers put tensors of one type in order of name.
TEST(Weights, FilesOfOneTypeOfTheReferenceImplementationRoundTrip) {
  ERSATZ_REQUIRE_SHARED(files, "fixtures/lora");
  const test::TemporaryFolder folder;
  for (const char* name : {"tiny_diffusers_unet.safetensors", "sd15mini_diffusers_unet.safetensors",
                           "sd2mini_diffusers_unet_text.safetensors"}) {
    const Weights weights = open_weights(files / name);
    save_safetensors(folder / "w", weights.tensors, weights.metadata);
    EXPECT_EQ(core::read_file(folder / "w"), core::read_file(files / name)) << name;
  }
}

TEST(Weights, FilesThatAreNoWeightsAreRecognised) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& bytes, const std::string& text) {
    core::write_file_atomic(folder / "w", bytes);
    EXPECT_ERSATZ_ERROR(open_weights(folder / "w"), core::ExitCode::kUntrustedData, text);
  };
  refused("", "too short");
  refused("<!DOCTYPE html><html>", "an HTML page");
  refused("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a Git LFS pointer");
  refused("GGUF\x03 and so on", "GGUF");
  refused("plain text, no more", "neither a safetensors file nor one of torch.save");
  EXPECT_ERSATZ_ERROR(open_weights(folder / "none"), core::ExitCode::kMissing, "none");
  EXPECT_ERSATZ_ERROR(open_weights(folder.path()), core::ExitCode::kMissing, "regular file");
}

TEST(Weights, ReadsPublishedEmbeddings) {
  ERSATZ_REQUIRE_SHARED(files, "data/diffugen");
  const torch::Tensor piano = open_weights(files / "grand-piano.pt").tensors.at("<grand-piano>");
  EXPECT_EQ(piano.sizes(), (std::vector<std::int64_t>{768}));
  EXPECT_EQ(at(piano, 0), 0.06227705627679825F);
  EXPECT_EQ(at(piano, 767), -0.009341561235487461F);
  const torch::Tensor accident =
      open_weights(files / "car-accident.pt").tensors.at("<car-accident>");
  EXPECT_NEAR(accident.square().sum().item<double>(), 4.395073550956147, 1e-4);
  verify_weights(files / "grand-piano.pt");
}

TEST(Weights, AFileWithAnObjectNamesItsClass) {
  ERSATZ_REQUIRE_SHARED(file, "data/weights/yolov5n.pt");
  EXPECT_ERSATZ_ERROR(open_weights(file), core::ExitCode::kUntrustedData, "models.yolo.Model");
}

TEST(Weights, ReadsFixturesOfTheReferenceImplementation) {
  ERSATZ_REQUIRE_SHARED(files, "fixtures/lora");
  for (const auto& entry : std::filesystem::directory_iterator(files)) {
    if (entry.path().extension() != ".safetensors") continue;
    expect_equal(open_weights(entry.path()).tensors, load_safetensors(entry.path()).tensors);
  }
}

}  // namespace
}  // namespace ersatz::models
