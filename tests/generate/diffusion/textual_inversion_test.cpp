#include "generate/diffusion/textual_inversion.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <limits>

#include "core/file_system.h"
#include "models/safetensors.h"
#include "models/weights/pickle_builder.h"
#include "models/weights/weights.h"
#include "models/weights/zip_builder.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

constexpr auto kUntrusted = core::ExitCode::kUntrustedData;

class TextualInversionTest : public ::testing::Test {
 protected:
  std::filesystem::path safetensors(const std::string& name, const models::NamedTensors& tensors,
                                    const std::map<std::string, std::string>& metadata = {}) {
    models::save_safetensors(folder_ / name, tensors, metadata);
    return folder_ / name;
  }
  // A torch.save file whose only storage holds 1, 2, 3, ... in float32.
  std::filesystem::path torch_file(const std::string& name, const test::PickleBuilder& pickle,
                                   std::int64_t elements) {
    const torch::Tensor values = torch::arange(1, elements + 1, torch::kFloat32);
    const std::string bytes(static_cast<const char*>(values.data_ptr()),
                            static_cast<std::size_t>(elements) * sizeof(float));
    core::write_file_atomic(folder_ / name, test::torch_zip(pickle.stop(), {{"0", bytes}}));
    return folder_ / name;
  }

  test::TemporaryFolder folder_;
};

void expect_embedding(const TextualInversion& embedding, const std::string& token,
                      const torch::Tensor& vectors) {
  EXPECT_EQ(embedding.token, token);
  ASSERT_EQ(embedding.vectors.sizes(), vectors.sizes());
  EXPECT_EQ(embedding.vectors.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(torch::equal(embedding.vectors, vectors));
}

TEST_F(TextualInversionTest, DiffusersForms) {
  const torch::Tensor one = torch::randn({8}), three = torch::randn({3, 8});
  expect_embedding(load_textual_inversion(safetensors("a.safetensors", {{"<cat>", one}})), "<cat>",
                   one.unsqueeze(0));
  expect_embedding(load_textual_inversion(safetensors("b.safetensors", {{"<cat>", three}})),
                   "<cat>", three);
  expect_embedding(load_textual_inversion(folder_ / "b.safetensors", "<dog>"), "<dog>", three);
  const torch::Tensor half = three.to(torch::kFloat16);
  expect_embedding(load_textual_inversion(safetensors("c.safetensors", {{"<cat>", half}})), "<cat>",
                   half.to(torch::kFloat32));
}

TEST_F(TextualInversionTest, PlainDictOfTorchSave) {
  test::PickleBuilder pickle;
  pickle.raw("}").text("<cat>").tensor("FloatStorage", "0", 4, 0, {4}, {1}).raw("s");
  expect_embedding(load_textual_inversion(torch_file("learned_embeds.bin", pickle, 4)), "<cat>",
                   torch::arange(1, 5, torch::kFloat32).unsqueeze(0));
}

TEST_F(TextualInversionTest, Automatic1111sForm) {
  test::PickleBuilder pickle;
  pickle.raw("}(").text("string_to_token").raw("}").text("*").integer(265).raw("s");
  pickle.text("string_to_param").raw("}").text("*");
  pickle.tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}).raw("s");
  pickle.text("name").text("cat-toy").text("step").integer(499);
  pickle.text("sd_checkpoint").raw("N").text("sd_checkpoint_name").raw("N").raw("u");
  const torch::Tensor vectors = torch::arange(1, 7, torch::kFloat32).view({2, 3});
  const std::filesystem::path file = torch_file("embedding.pt", pickle, 6);
  expect_embedding(load_textual_inversion(file), "cat-toy", vectors);
  expect_embedding(load_textual_inversion(file, "<toy>"), "<toy>", vectors);
}

TEST_F(TextualInversionTest, TheOriginalForm) {
  test::PickleBuilder pickle;
  pickle.raw("}(").text("string_to_token").raw("}").text("*");
  pickle.tensor("FloatStorage", "0", 3, 0, {}, {}).raw("s").text("string_to_param");
  pickle.global("torch.nn.modules.container", "ParameterDict").raw(")\x81}");
  pickle.text("_parameters").empty_ordered_dict().text("*");
  pickle.tensor("FloatStorage", "0", 3, 0, {1, 3}, {3, 1}).raw("ssbu");
  // It has no name but the placeholder "*": that of the file is taken.
  expect_embedding(load_textual_inversion(torch_file("cat-statue.pt", pickle, 3)), "cat-statue",
                   torch::arange(1, 4, torch::kFloat32).unsqueeze(0));
}

TEST_F(TextualInversionTest, VectorsWithoutAToken) {
  const torch::Tensor two = torch::randn({2, 8});
  expect_embedding(load_textual_inversion(safetensors("toy.safetensors", {{"emb_params", two}})),
                   "toy", two);
  expect_embedding(load_textual_inversion(
                       safetensors("named.safetensors", {{"emb_params", two}}, {{"name", "cat"}})),
                   "cat", two);
}

TEST_F(TextualInversionTest, WhatItWritesIsWhatItReads) {
  for (const auto& shape : {std::vector<std::int64_t>{1, 8}, std::vector<std::int64_t>{3, 8}}) {
    const TextualInversion embedding = {"<cat-toy>", torch::randn(shape)};
    save_textual_inversion(folder_ / "e.safetensors", embedding, {{"steps", "3000"}});
    expect_embedding(load_textual_inversion(folder_ / "e.safetensors"), "<cat-toy>",
                     embedding.vectors);
  }
  save_textual_inversion(folder_ / "e.safetensors", {"<x>", torch::randn({1, 8})});
  EXPECT_EQ(models::load_safetensors(folder_ / "e.safetensors").tensors.at("<x>").dim(), 1)
      << "diffusers writes one vector without a dimension for their number";
}

TEST_F(TextualInversionTest, WhatItWritesForAutomatic1111IsWhatItReads) {
  for (const auto& shape : {std::vector<std::int64_t>{1, 8}, std::vector<std::int64_t>{3, 8}}) {
    const TextualInversion embedding = {"<cat-toy>", torch::randn(shape)};
    save_automatic1111_embedding(folder_ / "cat-toy.pt", embedding, {500, "00ff", "sd15"});
    expect_embedding(load_textual_inversion(folder_ / "cat-toy.pt"), "<cat-toy>",
                     embedding.vectors);
  }
  const models::Weights file = models::open_weights(folder_ / "cat-toy.pt");
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"name", "<cat-toy>"},
                                                               {"sd_checkpoint", "00ff"},
                                                               {"sd_checkpoint_name", "sd15"},
                                                               {"step", "500"},
                                                               {"string_to_token.*", "265"}}));
  save_automatic1111_embedding(folder_ / "x.pt", {"<x>", torch::randn({1, 8})});
  EXPECT_EQ(models::open_weights(folder_ / "x.pt").metadata.at("sd_checkpoint"), "None");
}

TEST(EmbeddingNames, OfVectorsAndFiles) {
  EXPECT_EQ(vector_tokens("<x>", 1), (std::vector<std::string>{"<x>"}));
  EXPECT_EQ(vector_tokens("<x>", 3), (std::vector<std::string>{"<x>", "<x>_1", "<x>_2"}));
  EXPECT_EQ(embedding_file_stem("<cat-toy>"), "cat-toy");
  EXPECT_EQ(embedding_file_stem("../a b/<c>"), "a-b-c");
  EXPECT_EQ(embedding_file_stem("<>"), "embedding");
}

TEST_F(TextualInversionTest, RefusesOtherFiles) {
  const auto refuse = [&](const models::NamedTensors& tensors, const std::string& what) {
    const auto file = safetensors("x.safetensors", tensors);
    EXPECT_ERSATZ_ERROR(load_textual_inversion(file), kUntrusted, what);
  };
  refuse({{"clip_l", torch::zeros({1, 768})}, {"clip_g", torch::zeros({1, 1280})}},
         "Stable Diffusion XL");
  refuse({{"a", torch::zeros({8})}, {"b", torch::zeros({8})}}, "2 tensors where one embedding");
  refuse({{"string_to_token.*", torch::zeros({1})}}, "no embedding in it");
  refuse({{"<x>", torch::zeros({8}, torch::kInt64)}}, "'<x>' is not made of floating-point");
  refuse({{"<x>", torch::zeros({1, 2, 8})}}, "has shape [1, 2, 8]");
  refuse({{"<x>", torch::zeros({0, 8})}}, "has shape [0, 8]");
  refuse({{"<x>", torch::zeros({})}}, "has shape []");
  refuse({{"<x>", torch::zeros({76, 8})}}, "has 76 vectors");
  refuse({{"<x>", torch::full({8}, std::numeric_limits<float>::quiet_NaN())}}, "NaN or infinite");
  EXPECT_ERSATZ_ERROR(load_textual_inversion(folder_ / "none.pt"), core::ExitCode::kMissing,
                      "none.pt");
}

TEST(PublishedEmbeddings, DiffuGensFilesLoad) {
  ERSATZ_REQUIRE_SHARED(folder, "data/diffugen");
  for (const auto& [file, token] : std::map<std::string, std::string>{
           {"car-accident.pt", "<car-accident>"}, {"grand-piano.pt", "<grand-piano>"}}) {
    const TextualInversion embedding = load_textual_inversion(folder / file);
    EXPECT_EQ(embedding.token, token);
    EXPECT_EQ(embedding.vectors.sizes(), (std::vector<std::int64_t>{1, 768}));
    EXPECT_GT(embedding.vectors.abs().max().item<float>(), 0.01F);
  }
}

TEST(PublishedEmbeddings, WhatDiffusersTrainingWritesLoads) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/train");
  const auto trained = models::load_safetensors(folder / "tiny_textual_inversion.safetensors");
  const TextualInversion embedding =
      load_textual_inversion(folder / "tiny_learned_embeds.safetensors");
  EXPECT_EQ(embedding.token, "<cat-toy>");
  EXPECT_EQ(embedding.vectors.sizes(), (std::vector<std::int64_t>{1, 32}));
}

}  // namespace
}  // namespace ersatz::generate
