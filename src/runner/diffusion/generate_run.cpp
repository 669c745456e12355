#include "runner/diffusion/generate_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "compute/threads.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "generate/diffusion/schedulers/scheduler.h"
#include "generate/diffusion/skipped_steps.h"
#include "runner/diffusion/attention_output.h"
#include "runner/diffusion/generate_request.h"
#include "runner/diffusion/image_folder.h"
#include "runner/diffusion/image_record.h"
#include "runner/diffusion/image_tensors.h"
#include "runner/diffusion/image_writer.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/previews.h"
#include "runner/diffusion/recipe.h"
#include "runner/diffusion/trajectory.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct GiveUp {
  std::atomic<bool>& flag;
  ~GiveUp() { flag = true; }
};

class Run {
 public:
  explicit Run(const GenerateOptions& options)
      : options_(options),
        request_(check_generate(options)),
        threads_(compute::use_threads(options.threads)),
        recorded_(options.init_latents, options.noise, request_.total) {}

  void run() {
    const auto begin = Clock::now();
    // Digesting a model takes seconds: meanwhile. Whoever stops early does not wait for it.
    std::atomic<bool> given_up{false};
    auto digest = std::async(std::launch::async, [&] {
      return digest_model(options_.model, options_.variant,
                          [&] { return given_up || core::pending_signal() != 0; });
    });
    const GiveUp give_up{given_up};
    model_ = load_model(options_, request_, load_model_tokenizer(options_));
    core::stop_point();
    attention_.emplace(options_.out, options_.attention, *model_.prompts, request_.images);
    previews_.emplace(options_, model_.networks);
    const Json recipe = run_recipe({options_, request_, model_.size, model_.scheduler,
                                    model_.compute_type, model_.weights_type});
    digest_ = digest.get();
    core::stop_point();
    for (const ImageTask& image : request_.images) {
      wanted_.push_back({image.index, image.stem(), image_recipe(recipe, digest_, image)});
    }
    const std::vector<std::size_t> unmade = choose_images();
    if (!options_.dry_run) {
      remove_abandoned_files(options_.out);
      make_images(unmade);
      if (!options_.dump_trajectory.empty()) recorder_.write(options_.dump_trajectory);
    }
    report(unmade, seconds_since(begin));
  }

 private:
  // Places in request_.images of what is to be made, in order.
  std::vector<std::size_t> choose_images() const {
    std::vector<std::size_t> unmade = unfinished_images(options_.out, wanted_, options_.overwrite);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      // A trajectory has all images in it.
      if (!options_.dump_trajectory.empty() || !attention_->is_finished(request_.images[i])) {
        unmade.push_back(i);
      }
    }
    std::sort(unmade.begin(), unmade.end());
    unmade.erase(std::unique(unmade.begin(), unmade.end()), unmade.end());
    return unmade;
  }

  void make_images(const std::vector<std::size_t>& unmade) {
    const auto batch = static_cast<std::size_t>(options_.batch);
    const auto batches = static_cast<std::int64_t>((unmade.size() + batch - 1) / batch);
    const std::int64_t calls =
        generate::make_scheduler(
            model_.scheduler, options_.steps,
            request_.image ? generate::skipped_steps(options_.steps, request_.strength) : 0)
            ->size();
    core::Progress progress("sampling", calls * batches, "it");
    ImageWriter writer(options_.out);
    for (std::size_t first = 0; first < unmade.size(); first += batch) {
      const std::vector<std::size_t> some(
          unmade.begin() + static_cast<std::ptrdiff_t>(first),
          unmade.begin() + static_cast<std::ptrdiff_t>(std::min(first + batch, unmade.size())));
      make_batch(some, first, unmade.size(), progress, writer);
    }
    finish_writing(writer);
  }

  generate::SamplingRequest sampling_request(const std::vector<std::size_t>& places) const {
    generate::SamplingRequest sampling;
    std::vector<std::int64_t> indices;
    for (const std::size_t place : places) {
      const ImageTask& image = request_.images[place];
      sampling.prompts.push_back(image.prompt);
      sampling.negatives.push_back(image.negative);
      sampling.seeds.push_back(image.seed);
      indices.push_back(image.index);
    }
    sampling.width = model_.size.width;
    sampling.height = model_.size.height;
    sampling.scheduler = model_.scheduler;
    sampling.steps = options_.steps;
    sampling.guidance = options_.guidance;
    sampling.guidance_rescale = options_.guidance_rescale;
    sampling.tiled_decode = options_.tiled_decode;
    if (request_.image) {
      sampling.init = {image_tensor(*request_.image, model_.size), request_.strength};
    }
    if (request_.mask) {
      sampling.mask = {mask_tensor(*request_.mask, model_.size),
                       options_.inpaint == "legacy" ? generate::InpaintMode::kLegacy
                                                    : generate::InpaintMode::kAuto};
    }
    recorded_.apply(indices, sampling);
    return sampling;
  }

  std::optional<label::AttentionCapture> make_capture(std::size_t images) const {
    if (!attention_->wanted()) return std::nullopt;
    label::AttentionCaptureOptions capture;
    const std::int64_t factor = model_.networks.autoencoder->config().factor();
    capture.latent_height = model_.size.height / factor;
    capture.latent_width = model_.size.width / factor;
    capture.batch = static_cast<std::int64_t>(images);
    capture.guided = options_.guidance > 1;
    capture.positions = attention_->positions();
    return std::optional<label::AttentionCapture>(std::in_place, capture);
  }

  void make_batch(const std::vector<std::size_t>& places, std::size_t done, std::size_t all,
                  core::Progress& progress, ImageWriter& writer) {
    generate::SamplingRequest sampling = sampling_request(places);
    std::optional<label::AttentionCapture> capture = make_capture(places.size());
    if (capture) sampling.observer = &*capture;
    std::vector<std::string> stems;
    for (const std::size_t place : places) stems.push_back(wanted_[place].stem);
    const std::string note =
        places.size() == 1 ? fmt::format("image {} of {}", done + 1, all)
                           : fmt::format("images {}-{} of {}", done + 1, done + places.size(), all);
    double sampled = 0;
    std::int64_t calls = 0;
    const auto begin = Clock::now();
    sampling.on_step = [&](const generate::SamplingStep& step) {
      progress.add(1, note);
      previews_->on_step(step, stems);
      if (!options_.dump_trajectory.empty()) recorder_.on_step(step);
      calls = step.total;
      sampled = seconds_since(begin);
    };
    const generate::SamplingResult result =
        generate::sample(model_.networks, *model_.prompts, sampling);
    if (!options_.dump_trajectory.empty()) recorder_.finish_batch(result.images);
    if (capture) {
      for (std::size_t i = 0; i < places.size(); ++i) {
        attention_->write(*capture, static_cast<std::int64_t>(i), request_.images[places[i]],
                          model_.size);
      }
    }
    const Json record = image_record({digest_, model_.networks.device, threads_, places.size(),
                                      calls, sampled, seconds_since(begin)});
    finish_writing(writer);
    std::vector<data::RgbImage> pictures = rgb_images(result.images);
    for (std::size_t i = 0; i < places.size(); ++i) {
      writer.write(wanted_[places[i]], std::move(pictures[i]), record);
      being_written_.push_back(places[i]);
    }
  }

  // Waits for the images of the batch before, and names them.
  void finish_writing(ImageWriter& writer) {
    writer.finish();
    if (!options_.json && !options_.quiet && !being_written_.empty()) {
      core::clear_progress_line();
      for (const std::size_t place : being_written_) {
        std::printf("%s\n", path_of(place).c_str());
      }
      std::fflush(stdout);
    }
    being_written_.clear();
  }

  fs::path path_of(std::size_t place) const {
    return fs::path(options_.out) / (wanted_[place].stem + ".png");
  }

  void report(const std::vector<std::size_t>& unmade, double seconds) const {
    if (options_.json) {
      Json list = Json::array();
      for (std::size_t i = 0; i < wanted_.size(); ++i) {
        const bool made = std::binary_search(unmade.begin(), unmade.end(), i);
        list.push_back({{"index", wanted_[i].index},
                        {"file", path_of(i).string()},
                        {made && options_.dry_run ? "to_make" : "made", made},
                        {"recipe", wanted_[i].recipe}});
      }
      std::printf("%s\n", list.dump(2).c_str());
    } else if (options_.dry_run) {
      for (const std::size_t place : unmade) std::printf("%s\n", path_of(place).c_str());
    }
    const std::size_t kept = wanted_.size() - unmade.size();
    core::log_info(
        fmt::format("{} {} {} in {}{}{}", unmade.size(), unmade.size() == 1 ? "image" : "images",
                    options_.dry_run ? "to make" : "made", options_.out,
                    kept > 0 ? fmt::format(", {} there already", kept) : "",
                    options_.dry_run ? "" : fmt::format(", {}", core::human_duration(seconds))));
  }

  const GenerateOptions& options_;
  const GenerateRequest request_;
  const int threads_;
  const RecordedNoise recorded_;
  DiffusionModel model_;
  ModelDigest digest_;
  std::optional<AttentionOutput> attention_;
  std::optional<Previews> previews_;
  TrajectoryRecorder recorder_;
  std::vector<WantedImage> wanted_;  // as request_.images
  std::vector<std::size_t> being_written_;
};

}  // namespace

void run_generate(const GenerateOptions& options) {
  try {
    Run(options).run();
  } catch (const core::Interrupted& interrupted) {
    throw interrupted.with_hint("the same command makes what is missing");
  }
}

}  // namespace ersatz::runner
