#include "models/weights/pickle_tree.h"

#include <fmt/format.h>

#include "core/error.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

namespace {

using core::Error;

constexpr int kDeepest = 64;
// Values may be shared, so that a small pickle can stand for an endless tree.
constexpr std::size_t kMaxVisits = 1'000'000;
constexpr std::size_t kMaxText = std::size_t{32} << 20;
constexpr std::size_t kMaxMetadata = 100'000;

class Flattener {
 public:
  Flattener(const Pickle& pickle, const std::filesystem::path& file)
      : pickle_(pickle), file_(file) {}

  FlatPickle run() {
    const PickleValue& root = resolve(pickle_.root);
    if (root.kind != PickleKind::kDict) {
      throw refuse("the pickle is not a dictionary of tensors");
    }
    const PickleValue* state = nullptr;
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& item = resolve(root.items[i + 1]);
      if (at(root.items[i]).text == "state_dict" && item.kind == PickleKind::kDict) state = &item;
    }
    if (state == nullptr) {
      children("", root, 0);
      return std::move(result_);
    }
    children("", *state, 1);
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& item = resolve(root.items[i + 1]);
      if (&item != state) add_text(key_text(root.items[i]), summary(item));
    }
    return std::move(result_);
  }

 private:
  Error refuse(std::string_view what) const { return Error::untrusted(file_, what); }

  const PickleValue& at(PickleRef ref) const { return pickle_.values[ref]; }

  // The value itself, or the parameters of a ParameterDict.
  const PickleValue& resolve(PickleRef ref) const {
    const PickleValue& value = at(ref);
    return value.kind == PickleKind::kInert && !value.items.empty() ? at(value.items.front())
                                                                    : value;
  }

  std::string key_text(PickleRef ref) const {
    const PickleValue& key = at(ref);
    return key.kind == PickleKind::kInteger ? fmt::to_string(key.integer) : std::string(key.text);
  }

  void children(const std::string& prefix, const PickleValue& parent, int depth) {
    if (depth >= kDeepest) {
      throw refuse(fmt::format("'{}' is nested too deeply", printable(prefix)));
    }
    const bool dict = parent.kind == PickleKind::kDict;
    for (std::size_t i = 0; i < parent.items.size(); i += dict ? 2 : 1) {
      std::string name = prefix.empty() ? std::string() : prefix + ".";
      name += dict ? key_text(parent.items[i]) : fmt::to_string(i);
      entry(name, resolve(parent.items[dict ? i + 1 : i]), depth);
    }
  }

  void entry(const std::string& name, const PickleValue& value, int depth) {
    if (++visits_ > kMaxVisits) throw refuse("the pickle stands for too many values");
    spend(name.size());
    switch (value.kind) {
      case PickleKind::kDict:
      case PickleKind::kList:
      case PickleKind::kTuple:
        return children(name, value, depth + 1);
      case PickleKind::kTensor:
        if (result_.metadata.count(name) != 0 ||
            !result_.tensors.emplace(name, static_cast<std::size_t>(value.integer)).second) {
          throw twice(name);
        }
        return;
      default:
        add_text(name, summary(value));
    }
  }

  void add_text(const std::string& name, std::string text) {
    spend(text.size());
    if (result_.metadata.size() >= kMaxMetadata) {
      throw refuse("the pickle has too many values beside its tensors");
    }
    if (result_.tensors.count(name) != 0 ||
        !result_.metadata.emplace(name, std::move(text)).second) {
      throw twice(name);
    }
  }

  Error twice(const std::string& name) const {
    return refuse(fmt::format("the name '{}' appears twice", printable(name)));
  }

  void spend(std::size_t bytes) {
    text_ += bytes;
    if (text_ > kMaxText) throw refuse("the pickle stands for too much text");
  }

  static std::string summary(const PickleValue& value) {
    switch (value.kind) {
      case PickleKind::kNone:
        return "None";
      case PickleKind::kBool:
        return value.integer != 0 ? "True" : "False";
      case PickleKind::kInteger:
        return fmt::to_string(value.integer);
      case PickleKind::kFloat:
        return fmt::format("{}", value.real);
      case PickleKind::kString:
        return std::string(value.text);
      case PickleKind::kBytes:
        return fmt::format("({} bytes, not loaded)", value.text.size());
      case PickleKind::kDict:
        return fmt::format("(a dict of {}, not loaded)", value.items.size() / 2);
      case PickleKind::kList:
      case PickleKind::kTuple:
        return fmt::format("(a list of {}, not loaded)", value.items.size());
      case PickleKind::kTensor:
      case PickleKind::kStorage:
        return "(a tensor, not loaded)";
      case PickleKind::kGlobal:
      case PickleKind::kInert:
        break;
    }
    return fmt::format("({}, not loaded)", value.text);
  }

  const Pickle& pickle_;
  const std::filesystem::path& file_;
  FlatPickle result_;
  std::size_t visits_ = 0, text_ = 0;
};

}  // namespace

FlatPickle flatten_pickle(const Pickle& pickle, const std::filesystem::path& file) {
  return Flattener(pickle, file).run();
}

}  // namespace ersatz::models
