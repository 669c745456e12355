#include "train/fine_tuning/fine_tuning_fixture.h"

#include "train/diffusion/painted_discs.h"

namespace ersatz::test {

namespace {

std::vector<data::CaptionedImage> captioned(std::uint64_t seed, std::int64_t count,
                                            const std::string& caption) {
  std::vector<data::CaptionedImage> pictures;
  for (std::int64_t i = 0; i < count; ++i) {
    pictures.push_back({painted_disc(seed, i, 16).image, caption, {}});
  }
  return pictures;
}

}  // namespace

train::FineTuningPictures disc_pictures(bool prior) {
  train::FineTuningPictures pictures;
  pictures.instance = captioned(1, 3, "a q disc");
  if (prior) pictures.prior = captioned(2, 5, "a disc");
  return pictures;
}

train::FineTuningTraining small_dreambooth(std::int64_t steps) {
  train::FineTuningTraining training;
  training.steps = steps;
  training.learning_rate.base = 1e-3;
  return training;
}

train::FineTuningTraining small_lora(std::int64_t steps) {
  train::FineTuningTraining training = train::lora_defaults();
  training.steps = steps;
  training.learning_rate.base = 1e-2;
  return training;
}

train::FineTuningRun fine_tuning_in(const std::filesystem::path& folder) {
  train::FineTuningRun how;
  how.run.checkpoint_folder = folder / "checkpoints";
  how.run.metrics_file = folder / "metrics.jsonl";
  how.run.seed = 5;
  how.run.checkpoint_every = 4;
  how.run.log_every = 3;
  how.model = "0123abcd";
  how.model_name = "small";
  how.copies = 2;
  return how;
}

}  // namespace ersatz::test
