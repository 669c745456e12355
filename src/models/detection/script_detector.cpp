#include "models/detection/script_detector.h"

#include <ATen/core/ivalue.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <exception>
#include <new>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/printable.h"
#include "models/mapped_file.h"

namespace ersatz::models {
namespace {

using core::Error;
using core::Json;

// What the export says of itself.
struct Description {
  std::int64_t stride = 32;
  std::int64_t size = 640;
  bool dynamic = false;
  std::vector<std::string> names;
};

Description describe(const std::string& text, const std::filesystem::path& file) {
  Description description;
  if (text.empty()) return description;
  const Json json = core::parse_json(text, file);
  const auto refuse = [&](const char* key) {
    return Error::untrusted(file, fmt::format("'{}' in config.txt is not what it should be", key));
  };
  if (!json.is_object()) throw refuse("the text");
  if (json.contains("stride")) {
    if (!json.at("stride").is_number_integer()) throw refuse("stride");
    description.stride = json.at("stride").get<std::int64_t>();
  }
  if (json.contains("imgsz")) {
    const Json& sizes = json.at("imgsz");
    if (!sizes.is_array() || sizes.size() != 2 || !sizes[0].is_number_integer() ||
        sizes[0] != sizes[1]) {
      throw refuse("imgsz");
    }
    description.size = sizes[0].get<std::int64_t>();
  }
  if (json.contains("args") && json.at("args").is_object() && json.at("args").contains("dynamic")) {
    description.dynamic = json.at("args").at("dynamic") == Json(true);
  }
  if (json.contains("names")) {
    const Json& names = json.at("names");
    if (!names.is_object()) throw refuse("names");
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto found = names.find(std::to_string(i));
      if (found == names.end() || !found->is_string()) throw refuse("names");
      description.names.push_back(found->get<std::string>());
    }
  }
  if (description.stride < 1 || description.stride > 256 || description.size < 1 ||
      description.size > 8192 || description.size % description.stride != 0) {
    throw refuse("imgsz or stride");
  }
  return description;
}

// What happened, of the message of an interpreter that begins with where.
std::string last_line(std::string message) {
  const std::size_t backtrace = message.find("\nException raised from");
  message = message.substr(0, backtrace);
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return core::printable(message.substr(message.rfind('\n') + 1), 300);
}

class ScriptPredictor : public Predictor {
 public:
  ScriptPredictor(torch::jit::Module program, std::filesystem::path file,
                  const Description& description, const c10::Device& device)
      : program_(std::move(program)),
        file_(std::move(file)),
        stride_(description.stride),
        fixed_size_(description.dynamic ? 0 : description.size) {
    const torch::Tensor black =
        torch::zeros({1, 3, description.size, description.size}, torch::kFloat32).to(device);
    const Predictions first = predict(black);
    classes_ = first.scores.size(2);
    masks_ = first.prototypes.defined();
  }

  Predictions predict(const torch::Tensor& images) override {
    const torch::NoGradGuard no_grad;
    try {
      const c10::IValue result = program_.forward({images.contiguous()});
      if (result.isTensor()) return predictions_of_export(result.toTensor(), {});
      if (result.isTuple()) {
        const auto& parts = result.toTupleRef().elements();
        if (parts.size() == 2 && parts[0].isTensor() && parts[1].isTensor()) {
          return predictions_of_export(parts[0].toTensor(), parts[1].toTensor());
        }
      }
    } catch (const Error& error) {
      throw Error::untrusted(file_, error.what());
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      throw Error::untrusted(file_, "the program in it failed: " + last_line(error.what()));
    }
    throw Error::untrusted(file_, "the program in it gives neither a tensor nor two of them");
  }

  std::int64_t classes() const override { return classes_; }
  bool has_masks() const override { return masks_; }
  std::int64_t stride() const override { return stride_; }
  std::int64_t fixed_size() const override { return fixed_size_; }

 private:
  torch::jit::Module program_;
  std::filesystem::path file_;
  std::int64_t stride_, fixed_size_, classes_ = 0;
  bool masks_ = false;
};

}  // namespace

bool is_torch_script(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  const std::string_view bytes = mapped.bytes();
  if (bytes.substr(0, 4) != std::string_view("PK\x03\x04", 4)) return false;
  return bytes.find("/constants.pkl") != std::string_view::npos &&
         bytes.find("/code/") != std::string_view::npos;
}

Predictions predictions_of_export(const torch::Tensor& output, const torch::Tensor& prototypes) {
  const std::int64_t coefficients = prototypes.defined() ? prototypes.size(1) : 0;
  if (output.dim() != 3 || !output.is_floating_point() || output.size(1) <= 4 + coefficients ||
      (prototypes.defined() && (prototypes.dim() != 4 || !prototypes.is_floating_point() ||
                                prototypes.size(0) != output.size(0)))) {
    throw Error::internal(
        fmt::format("an output of {} dimensions and {} channels is none of a detector",
                    output.dim(), output.dim() == 3 ? output.size(1) : 0));
  }
  const torch::Tensor places = output.to(torch::kFloat32).transpose(1, 2);  // [B, A, C]
  const std::int64_t classes = output.size(1) - 4 - coefficients;
  const torch::Tensor middle = places.narrow(2, 0, 2), half = places.narrow(2, 2, 2) / 2;
  Predictions predictions;
  predictions.boxes = torch::cat({middle - half, middle + half}, 2);
  predictions.scores = places.narrow(2, 4, classes);
  if (prototypes.defined()) {
    predictions.coefficients = places.narrow(2, 4 + classes, coefficients);
    predictions.prototypes = prototypes.to(torch::kFloat32);
  }
  return predictions;
}

ScriptDetector load_script_detector(const std::filesystem::path& file, Trust trust,
                                    const c10::Device& device) {
  if (trust != Trust::kTrusted) {
    throw Error::untrusted(file, "is a TorchScript program: opening it runs what is written in it")
        .with_hint("--trust opens it, if you know who wrote it; safetensors need no trust");
  }
  std::unordered_map<std::string, std::string> extra = {{"config.txt", ""}};
  ScriptDetector detector;
  torch::jit::Module program;
  try {
    program = torch::jit::load(file.string(), device, extra);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const std::string message = error.what();
    throw Error::untrusted(file, "is no TorchScript that can be read: " +
                                     core::printable(message.substr(0, message.find('\n')), 300));
  }
  program.eval();
  const Description description = describe(extra.at("config.txt"), file);
  detector.predictor =
      std::make_shared<ScriptPredictor>(std::move(program), file, description, device);
  detector.classes = description.names;
  if (!detector.classes.empty() &&
      static_cast<std::int64_t>(detector.classes.size()) != detector.predictor->classes()) {
    throw Error::untrusted(file, fmt::format("{} names for {} classes", detector.classes.size(),
                                             detector.predictor->classes()));
  }
  return detector;
}

}  // namespace ersatz::models
