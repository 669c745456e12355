// Recipes, and the folder in which images and their sidecars stand.
#include "runner/diffusion/image_folder.h"

#include <gmock/gmock.h>

#include <fstream>
#include <functional>

#include "core/file_system.h"
#include "data/images/png_text.h"
#include "runner/diffusion/model_digest.h"
#include "runner/diffusion/recipe.h"
#include "support/partial_files.h"
#include "support/test_support.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using core::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Folder : public ::testing::Test {
 protected:
  Folder() {
    options_.steps = 25;
    options_.guidance = 7;
    scheduler_.solver = generate::Solver::kDpmSolverMultistep;
    scheduler_.karras_sigmas = true;
  }

  Json run() {
    const RecipeInput input{options_, request_, {64, 32}, scheduler_, "fp32", "fp16"};
    return run_recipe(input);
  }
  WantedImage wanted(std::int64_t index, const std::string& prompt) {
    ImageTask task;
    task.index = index;
    task.prompt = prompt;
    task.seed = static_cast<std::uint64_t>(index) + 7;
    return {index, task.stem(), image_recipe(run(), model_, task)};
  }
  void write(const WantedImage& image) {
    const data::RgbImage pixels{2, 2, std::vector<std::uint8_t>(12, 50)};
    write_finished_image(folder_.path(), image, pixels, {{"seconds", 1.5}});
  }
  void write_file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  test::TemporaryFolder folder_;
  GenerateOptions options_;
  GenerateRequest request_;
  generate::SchedulerConfig scheduler_;
  ModelDigest model_{"sd, 15", {{"sd", "ab"}}, "0123456789abcdef"};
};

TEST_F(Folder, ThePictureTellsHowItWasMade) {
  const WantedImage image = wanted(3, "Käse, (猫:1.2)");
  write(image);
  const auto texts = data::png_texts(core::read_file(folder_ / "00003_10.png"), "a.png");
  EXPECT_EQ(Json::parse(texts.at("ersatz")), image.recipe);
  EXPECT_THAT(texts.at("parameters"),
              HasSubstr("Käse, (猫:1.2)\nSteps: 25, Sampler: DPM++ 2M Karras, CFG scale: 7, "
                        "Seed: 10, Size: 64x32, Model hash: 0123456789, Model: \"sd, 15\", "
                        "Version: ersatz "));
  const Json sidecar = core::read_json(folder_ / "00003_10.json");
  EXPECT_EQ(sidecar.at("recipe"), image.recipe);
  EXPECT_EQ(sidecar.at("seconds"), 1.5);
  EXPECT_EQ(sidecar.at("image").at("file"), "00003_10.png");
}

TEST_F(Folder, NegativePromptStrengthAndClipSkipAreInTheParameters) {
  Json recipe = wanted(0, "a").recipe;
  recipe["negative"] = "ugly";
  recipe["strength"] = 0.75;
  recipe["clip_skip"] = 1;
  const std::string text = a1111_parameters(recipe);
  EXPECT_THAT(text, HasSubstr("a\nNegative prompt: ugly\nSteps: 25"));
  EXPECT_THAT(text, HasSubstr("Denoising strength: 0.75, Clip skip: 2"));
}

TEST_F(Folder, FinishedImagesAreSkipped) {
  const std::vector<WantedImage> images = {wanted(0, "a"), wanted(1, "a"), wanted(2, "a")};
  EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0, 1, 2));
  write(images[1]);
  EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0, 2));
  // Half of the work, in either half, is none.
  write(images[0]);
  write(images[2]);
  EXPECT_THAT(unfinished_images(folder_.path(), images, false), IsEmpty());
  fs::remove(folder_ / "00000_7.json");
  fs::remove(folder_ / "00002_9.png");
  EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0, 2));
  fs::resize_file(folder_ / "00001_8.png", 20);
  EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0, 1, 2));
}

TEST_F(Folder, SidecarsThatSayNonsenseVouchForNothing) {
  const std::vector<WantedImage> images = {wanted(0, "a")};
  write(images[0]);
  for (const Json& size : {Json("many"), Json(-1), Json(), Json::array()}) {
    Json sidecar = core::read_json(folder_ / "00000_7.json");
    sidecar["image"]["bytes"] = size;
    write_file("00000_7.json", sidecar.dump());
    EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0)) << size;
    sidecar["image"] = 1;
    write_file("00000_7.json", sidecar.dump());
    EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0));
    write(images[0]);
  }
}

TEST_F(Folder, OtherRecipesAreNotReplacedUnasked) {
  write(wanted(0, "a cat"));
  options_.steps = 30;
  const std::vector<WantedImage> images = {wanted(0, "a dog")};
  EXPECT_ERSATZ_ERROR(unfinished_images(folder_.path(), images, false), ExitCode::kUsage,
                      "different: prompt, steps");
  EXPECT_THAT(unfinished_images(folder_.path(), images, true), ElementsAre(0));
  // The picture alone tells, too.
  fs::remove(folder_ / "00000_7.json");
  EXPECT_ERSATZ_ERROR(unfinished_images(folder_.path(), images, false), ExitCode::kUsage,
                      "different: prompt, steps");
}

TEST_F(Folder, AnotherSeedOfTheSameImageIsAnotherRun) {
  write(wanted(0, "a"));
  std::vector<WantedImage> images = {wanted(0, "a")};
  images[0].stem = "00000_99";
  EXPECT_ERSATZ_ERROR(unfinished_images(folder_.path(), images, false), ExitCode::kUsage,
                      "image 0 with another seed: 00000_7");
  EXPECT_THAT(unfinished_images(folder_.path(), images, true), ElementsAre(0));
}

TEST_F(Folder, FilesOfOthersAreInTheWay) {
  const std::vector<WantedImage> images = {wanted(0, "a")};
  for (const char* content : {"not JSON", "{}", "[]", "{\"a\": 1, \"a\": 2}"}) {
    write_file("00000_7.json", content);
    EXPECT_ERSATZ_ERROR(unfinished_images(folder_.path(), images, false), ExitCode::kUsage,
                        "in the way");
    EXPECT_THAT(unfinished_images(folder_.path(), images, true), ElementsAre(0));
  }
  fs::remove(folder_ / "00000_7.json");
  write_file("00000_7.png", "not PNG");
  EXPECT_ERSATZ_ERROR(unfinished_images(folder_.path(), images, false), ExitCode::kUsage,
                      "in the way");
  write_file("notes.json", "{}");
  write_file("1_2_3.json", "{}");
  fs::remove(folder_ / "00000_7.png");
  EXPECT_THAT(unfinished_images(folder_.path(), images, false), ElementsAre(0));
}

TEST_F(Folder, LeftoversOfTheDeadAreRemoved) {
  const std::string alive = test::partial_of("00000_7.png", 1).string(),
                    dead = test::partial_of("00000_7.png", test::kNobody).string(),
                    elsewhere = test::partial_of("00000_7.png", test::kNobody, "other").string();
  for (const std::string& name : {alive, dead, elsewhere}) write_file(name, "half");
  remove_abandoned_files(folder_.path());
  EXPECT_TRUE(fs::exists(folder_ / alive));
  EXPECT_FALSE(fs::exists(folder_ / dead));
  EXPECT_TRUE(fs::exists(folder_ / elsewhere)) << "only its own machine can tell";
}

// Everything a sampler obeys must tell recipes apart, or images of one would pass for the other's.
TEST_F(Folder, EverySettingOfTheSamplerIsInTheRecipe) {
  using generate::Solver;
  const auto recipe = [&](Solver solver,
                          const std::function<void(generate::SchedulerConfig&)>& set) {
    scheduler_ = {};
    scheduler_.solver = solver;
    set(scheduler_);
    return run();
  };
  const auto differ = [&](Solver solver,
                          const std::function<void(generate::SchedulerConfig&)>& set) {
    return !recipe_differences(recipe(solver, [](auto&) {}), recipe(solver, set)).empty();
  };
  EXPECT_TRUE(differ(Solver::kEuler, [](auto& c) { c.log_linear_sigmas = true; }));
  EXPECT_TRUE(differ(Solver::kHeun, [](auto& c) { c.clip_sample = true; }));
  EXPECT_TRUE(differ(Solver::kDdim, [](auto& c) { c.clip_sample = true; }));
  EXPECT_TRUE(differ(Solver::kDdim, [](auto& c) { c.eta = 0.5; }));
  EXPECT_TRUE(differ(Solver::kDdim, [](auto& c) { c.zero_terminal_snr = true; }));
  EXPECT_TRUE(differ(Solver::kDdpm, [](auto& c) { c.variance = "fixed_large"; }));
  EXPECT_TRUE(differ(Solver::kPndm, [](auto& c) { c.skip_prk_steps = false; }));
  EXPECT_TRUE(differ(Solver::kUniPc, [](auto& c) { c.solver_type = "bh1"; }));
  EXPECT_TRUE(differ(Solver::kLms, [](auto& c) { c.karras_sigmas = true; }));
  // What a solver does not obey does not.
  EXPECT_FALSE(differ(Solver::kEuler, [](auto& c) { c.clip_sample = true; }));
}

// The same name, other ids for the same prompt.
TEST_F(Folder, AnotherTokenizerUnderTheSameNameIsAnotherRecipe) {
  const auto with_tokenizer = [&](const fs::path& path) {
    options_.tokenizer = path.string();
    return run();
  };
  fs::create_directories(folder_ / "a/tokenizer");
  fs::create_directories(folder_ / "b/tokenizer");
  for (const char* name : {"a/tokenizer/vocab.json", "b/tokenizer/vocab.json", "a/bpe.txt"}) {
    write_file(name, "{}");
  }
  write_file("b/bpe.txt", "other");
  const Json first = with_tokenizer(folder_ / "a/tokenizer");
  EXPECT_THAT(recipe_differences(first, with_tokenizer(folder_ / "b/tokenizer")), IsEmpty());
  write_file("b/tokenizer/merges.txt", "a b");
  EXPECT_THAT(recipe_differences(first, with_tokenizer(folder_ / "b/tokenizer")),
              ElementsAre("tokenizer"));
  EXPECT_THAT(recipe_differences(with_tokenizer(folder_ / "a/bpe.txt"),
                                 with_tokenizer(folder_ / "b/bpe.txt")),
              ElementsAre("tokenizer"));
}

TEST_F(Folder, DifferencesAreFoundBothWays) {
  const Json a = {{"x", 1}, {"y", 2.0}}, b = {{"y", 2.0}, {"x", 1}};
  EXPECT_THAT(recipe_differences(a, b), IsEmpty());
  const Json c = {{"x", 1}, {"y", 2.5}, {"z", 0}};
  EXPECT_THAT(recipe_differences(a, c), ElementsAre("y", "z"));
  EXPECT_THAT(recipe_differences(c, a), ElementsAre("y", "z"));
}

TEST_F(Folder, ModelDigestsDependOnWhatIsLoaded) {
  const fs::path model = folder_ / "model";
  const auto put = [&](const char* name, const char* text) {
    fs::create_directories((model / name).parent_path());
    std::ofstream(model / name) << text;
  };
  put("model_index.json", "{}");
  put("unet/config.json", "{}");
  put("unet/diffusion_pytorch_model.safetensors", "w");
  put("unet/diffusion_pytorch_model.bin", "pickled");
  const ModelDigest first = digest_model(model, "");
  EXPECT_EQ(first.name, "model");
  EXPECT_THAT(first.files, ::testing::SizeIs(3));
  // Not read without --variant, nor the pickle beside safetensors, nor pictures.
  put("unet/diffusion_pytorch_model.fp16.safetensors", "h");
  put("unet/diffusion_pytorch_model.bin", "changed");
  put("sample.png", "");
  EXPECT_EQ(digest_model(model, "").digest, first.digest);
  EXPECT_EQ(digest_model(model / "", "").name, "model");
  const ModelDigest half = digest_model(model, "fp16");
  EXPECT_NE(half.digest, first.digest);
  EXPECT_EQ(half.files.count("unet/diffusion_pytorch_model.fp16.safetensors"), 1u);
  put("unet/config.json", "{ }");
  EXPECT_NE(digest_model(model, "").digest, first.digest);
  // A single file has its own digest.
  put("one.ckpt", "abc");
  EXPECT_EQ(digest_model(model / "one.ckpt", "").digest,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ersatz::runner
