#include "stages.h"

#include <fmt/format.h>

#include <memory>

#include "core/error.h"
#include "core/file_system.h"
#include "data/digits/stroke_digits.h"
#include "data/idx.h"
#include "digit_rows.h"
#include "generate/fonts/font_digits.h"
#include "generate/fonts/font_pool.h"
#include "generate/fonts/font_set.h"
#include "generate/pixelda/transfer.h"
#include "train/classifier_evaluation.h"

namespace ersatz::mnist {
namespace {

namespace fs = std::filesystem;
using core::Json;

void write_set(const fs::path& folder, const data::LabelledImages& images) {
  core::make_directories(folder);
  data::write_idx(images, folder / kImages, folder / kLabels);
}

data::LabelledImages read_set(const fs::path& folder) {
  return data::read_idx(folder / kImages, folder / kLabels);
}

// Adds the identity of one cell to the settings its stage depends on.
Json cell(Json settings, const Ratio& ratio, std::int64_t seed, std::int64_t draw_index) {
  settings["cell.real_images"] = ratio.real_images;
  settings["cell.font_images"] = ratio.font_images;
  settings["cell.seed"] = seed;
  settings["cell.draw"] = draw_index;
  return settings;
}

std::string at_ratio(const char* stage, const Ratio& ratio, std::int64_t draw_index) {
  return fmt::format("{}/{}/draw-{}", stage, ratio.real_images, draw_index);
}

// The training sets of one ratio, in the form the GAN and its transfer both need them.
data::LabelledImages font_draw(const fs::path& fonts, const Ratio& ratio, std::uint64_t seed,
                               std::int64_t draw_index) {
  return draw(read_set(fonts / "pool"), ratio.font_images, seed, draw_index, "font");
}

data::LabelledImages real_draw(const fs::path& real, const Ratio& ratio, std::uint64_t seed,
                               std::int64_t draw_index) {
  return draw(read_set(real / "train"), ratio.real_images, seed, draw_index, "real");
}

train::TrainingRun training_run(const core::StageContext& stage, const core::Config& config,
                                const std::string& device, std::int64_t seed,
                                core::Progress& progress) {
  train::TrainingRun run;
  run.checkpoint_folder = stage.checkpoint_dir();
  run.metrics_file = stage.training_log();
  run.device = device;
  run.seed = static_cast<std::uint64_t>(seed);
  run.checkpoint_every = config.get_int("run.checkpoint_every");
  run.progress = &progress;
  return run;
}

}  // namespace

bool uses_gan(const std::string& set) { return set == "gan" || set == "original_gan"; }

std::string add_real_digits(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = spec.kind = "real-digits";
  spec.numeric = false;
  const std::string source = config.get_string("data.real");
  const auto train_count = config.get_int("data.train_images");
  const auto test_count = config.get_int("data.test_images");
  spec.config = config.slice({"data.real", "data.train_images", "data.test_images", "seed"});
  spec.work = static_cast<double>(train_count + test_count);
  spec.seconds_per_work = 5e-5;
  if (source == "stroke-digits") {
    const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
    spec.body = [=](core::StageContext& stage) {
      write_set(stage.dir() / "train", data::draw_stroke_digits(train_count, seed));
      // Test digits continue the numbering: no index is in both sets.
      write_set(stage.dir() / "test", data::draw_stroke_digits(test_count, seed, train_count));
      return Json{{"train_images", train_count}, {"test_images", test_count}};
    };
  } else {
    const core::DatasetHandle& dataset = run.dataset(source);
    spec.digests[source] = dataset.digest;
    spec.config.erase("seed");
    const fs::path folder = dataset.folder;
    spec.body = [=](core::StageContext& stage) {
      const auto load = [&](const char* part, std::int64_t count) {
        const data::LabelledImages all =
            data::read_idx(folder / fmt::format("{}-images-idx3-ubyte.gz", part),
                           folder / fmt::format("{}-labels-idx1-ubyte.gz", part));
        if (static_cast<std::int64_t>(all.size()) < count) {
          throw core::Error::untrusted(
              folder, fmt::format("{} {} images, {} are needed", all.size(), part, count));
        }
        return data::slice(all, 0, static_cast<std::size_t>(count));
      };
      write_set(stage.dir() / "train", load("train", train_count));
      write_set(stage.dir() / "test", load("t10k", test_count));
      return Json{{"train_images", train_count}, {"test_images", test_count}};
    };
  }
  return graph.add(std::move(spec));
}

std::string add_font_digits(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  generate::FontSetOptions which;
  which.allow_partial = config.get_bool("fonts.allow_partial");
  const auto fonts = std::make_shared<const generate::FontSet>(generate::FontSet::load(which));
  generate::FontDigitOptions options;
  options.angle_min = config.get_float("fonts.angle_min");
  options.angle_step = config.get_float("fonts.angle_step");
  options.angle_count = static_cast<int>(config.get_int("fonts.angles"));
  const auto test_images = config.get_int("fonts.test_images");
  const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
  core::StageSpec spec;
  spec.name = spec.kind = "font-digits";
  spec.numeric = false;
  spec.config = config.slice({"fonts.", "seed"});
  spec.digests["fonts"] = fonts->digest();
  spec.work = static_cast<double>(fonts->size()) * 10 * options.angle_count;
  spec.seconds_per_work = 3e-5;
  spec.body = [=](core::StageContext& stage) {
    const generate::FontPool split = generate::split_font_digits(
        generate::render_font_digits(*fonts, options), test_images, seed);
    write_set(stage.dir() / "pool", split.pool);
    write_set(stage.dir() / "test", split.test);
    return Json{{"faces", fonts->size()},
                {"pool_images", split.pool.size()},
                {"test_images", split.test.size()}};
  };
  return graph.add(std::move(spec));
}

std::string add_gan(core::RunContext& run, core::StageGraph& graph, const Ratio& ratio,
                    std::int64_t draw_index) {
  const core::Config& config = run.config();
  const std::int64_t seed = config.get_int("seed");
  core::StageSpec spec;
  spec.name = at_ratio("gan", ratio, draw_index);
  spec.kind = "gan";
  spec.inputs = {"real-digits", "font-digits"};
  spec.config = cell(config.slice({"gan."}), ratio, seed, draw_index);
  const train::PixelDaTraining training = gan_training(config);
  spec.work = static_cast<double>(training.steps);
  spec.seconds_per_work = 0.25;
  spec.body = [=, device = run.device()](core::StageContext& stage) {
    const double held_out = config.get_float("gan.held_out");
    const auto stream = static_cast<std::uint64_t>(seed);
    const data::LabelledImages source =
        hold_out(font_draw(stage.input("font-digits"), ratio, stream, draw_index), held_out).first;
    const data::LabelledImages target =
        hold_out(real_draw(stage.input("real-digits"), ratio, stream, draw_index), held_out).first;
    core::Progress progress(stage.spec().name, training.steps, "step");
    const auto result = train::train_pixelda(
        source, target, training, training_run(stage, config, device, seed + draw_index, progress),
        stage.dir() / "generator.safetensors");
    return Json{{"discriminator_loss", result.discriminator_loss},
                {"generator_loss", result.generator_loss},
                {"collapsed", result.collapsed},
                {"images_per_second", result.images_per_second}};
  };
  return graph.add(std::move(spec));
}

std::string add_gan_digits(core::RunContext& run, core::StageGraph& graph, const Ratio& ratio,
                           std::int64_t draw_index, const std::string& gan) {
  const core::Config& config = run.config();
  const std::int64_t seed = config.get_int("seed");
  core::StageSpec spec;
  spec.name = at_ratio("gan-digits", ratio, draw_index);
  spec.kind = "gan-digits";
  spec.inputs = {"font-digits", gan};
  spec.config = cell(config.slice({"gan.held_out"}), ratio, seed, draw_index);
  spec.work = static_cast<double>(ratio.font_images);
  spec.seconds_per_work = 2e-3;
  spec.body = [=, device = run.device()](core::StageContext& stage) {
    const double held_out = config.get_float("gan.held_out");
    const auto stream = static_cast<std::uint64_t>(seed);
    const data::LabelledImages fonts =
        hold_out(font_draw(stage.input("font-digits"), ratio, stream, draw_index), held_out).first;
    core::Progress progress(stage.spec().name, static_cast<std::int64_t>(fonts.size()), "img");
    generate::TransferOptions options;
    options.seed = static_cast<std::uint64_t>(seed + draw_index);
    options.device = device;
    options.progress = &progress;
    const data::LabelledImages digits =
        generate::transfer_images(stage.input(gan) / "generator.safetensors", fonts, options);
    const auto [train, test] = hold_out(digits, held_out);
    write_set(stage.dir() / "train", train);
    write_set(stage.dir() / "test", test);
    write_digit_rows(stage.dir() / "rows.png", fonts, digits);
    return Json{{"train_images", train.size()}, {"test_images", test.size()}};
  };
  return graph.add(std::move(spec));
}

std::string add_classifier(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                           const Ratio& ratio, std::int64_t seed, std::int64_t draw_index,
                           const std::string& gan_digits) {
  const core::Config& config = run.config();
  const std::int64_t draw_seed = config.get_int("seed");
  const bool all_real = set == "all_real";
  core::StageSpec spec;
  spec.name = all_real ? fmt::format("classifier/all_real/seed-{}", seed)
                       : fmt::format("classifier/{}/{}/seed-{}", set, ratio.real_images, seed);
  spec.kind = "classifier";
  spec.intermediate = true;
  spec.inputs = {"real-digits"};
  if (set == "font" || set == "original_font") spec.inputs = {"real-digits", "font-digits"};
  if (uses_gan(set)) spec.inputs.push_back(gan_digits);
  spec.config = cell(config.slice({"classifier."}), all_real ? Ratio{} : ratio, seed, draw_index);
  spec.config["cell.set"] = set;
  spec.config["cell.draw_seed"] = draw_seed;
  const train::ClassifierTraining training = classifier_training(config);
  spec.work = static_cast<double>(training.steps);
  spec.seconds_per_work = 0.04;
  spec.collective = true;
  spec.body = [=, device = run.device(), ranks = run.ranks(),
               parts = run.parts()](core::StageContext& stage) {
    const auto stream = static_cast<std::uint64_t>(draw_seed);
    data::LabelledImages images;
    if (all_real) {
      images = read_set(stage.input("real-digits") / "train");
    } else if (set == "original" || set == "original_gan" || set == "original_font") {
      images = real_draw(stage.input("real-digits"), ratio, stream, draw_index);
    }
    if (set == "font" || set == "original_font") {
      images = data::concatenate(images,
                                 font_draw(stage.input("font-digits"), ratio, stream, draw_index));
    }
    if (uses_gan(set)) {
      images = data::concatenate(images, read_set(stage.input(gan_digits) / "train"));
    }
    core::Progress progress(stage.spec().name, training.steps, "step");
    train::TrainingRun how = training_run(stage, config, device, seed, progress);
    how.ranks = ranks;
    how.parts = parts;
    const auto result =
        train::train_classifier(images, training, how, stage.dir() / "classifier.safetensors");
    return Json{{"training_images", images.size()},
                {"loss", result.loss},
                {"images_per_second", result.images_per_second}};
  };
  return graph.add(std::move(spec));
}

std::string add_score(core::RunContext& run, core::StageGraph& graph, const std::string& classifier,
                      const std::string& gan_digits) {
  core::StageSpec spec;
  spec.name = "score/" + classifier.substr(std::string("classifier/").size());
  if (!gan_digits.empty()) spec.name += "/on-" + gan_digits.substr(0, gan_digits.find("/draw"));
  spec.kind = "score";
  spec.inputs = {"real-digits", classifier};
  if (!gan_digits.empty()) spec.inputs.push_back(gan_digits);
  spec.config = Json::object();
  spec.work = 1;
  spec.seconds_per_work = 2;
  spec.body = [=, device = run.device()](core::StageContext& stage) {
    const fs::path weights = stage.input(classifier) / "classifier.safetensors";
    const auto score = [&](const data::LabelledImages& images) {
      const auto predictions = train::classify(weights, images, device);
      std::int64_t wrong = 0;
      for (std::size_t i = 0; i < predictions.size(); ++i) {
        wrong += predictions[i] != images.labels[i] ? 1 : 0;
      }
      return Json{{"images", images.size()}, {"wrong", wrong}};
    };
    Json summary = {{"real_test", score(read_set(stage.input("real-digits") / "test"))}};
    if (!gan_digits.empty())
      summary["gan_test"] = score(read_set(stage.input(gan_digits) / "test"));
    summary["images_per_second"] = stage.input_summary(classifier).at("images_per_second");
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::mnist
