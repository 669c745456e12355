// What a restricted pickle may name and call: the second half of PickleMachine.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "models/weights/pickle_machine.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

using core::Error;

namespace {

constexpr std::size_t kMaxDimensions = 32;
constexpr std::uint64_t kMaxElements = std::numeric_limits<std::int64_t>::max() / 8;
// Far above any published model, and few enough that a pickle of some megabytes cannot make
// descriptions of hundreds.
constexpr std::size_t kMaxTensors = 100'000, kMaxStorages = 100'000;
// Of an object with attributes; torch.nn's modules have about twenty.
constexpr std::size_t kMaxAttributes = 1000;

// Product of the sizes that are not 0, so that a 0 hides no overflow.
std::optional<std::uint64_t> checked_product(const std::vector<std::int64_t>& sizes) {
  std::uint64_t product = 1;
  for (const std::int64_t size : sizes) {
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor == 0) continue;
    if (product > kMaxElements / factor) return std::nullopt;
    product *= factor;
  }
  return product;
}

// 1 + sum (size - 1) * stride: elements from the first to the last.
std::optional<std::uint64_t> checked_span(const std::vector<std::int64_t>& sizes,
                                          const std::vector<std::int64_t>& strides) {
  std::uint64_t span = 1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto steps = static_cast<std::uint64_t>(sizes[i]) - 1;
    const auto stride = static_cast<std::uint64_t>(strides[i]);
    if (steps != 0 && stride > kMaxElements / steps) return std::nullopt;
    if (steps * stride > kMaxElements - span) return std::nullopt;
    span += steps * stride;
  }
  return span;
}

}  // namespace

Error PickleMachine::refuse_global(std::string_view module, std::string_view name,
                                   std::string_view how) const {
  return refuse(fmt::format("the pickle asks for '{}.{}'{}, which no file of weights needs",
                            printable(module), printable(name), how))
      .with_hint(
          "the file holds Python objects, not only weights; in PyTorch, with a file you trust, "
          "save the model's state_dict() alone (torch.save or safetensors)");
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  const std::optional<KnownGlobal> known = find_pickle_global(module, name);
  if (!known) throw refuse_global(module, name, "");
  PickleValue& made = push_new(PickleKind::kGlobal);
  made.text = known->name;
  made.integer = static_cast<std::int64_t>(globals_.size());
  globals_.push_back(*known);
}

void PickleMachine::push_stack_global() {
  const PickleRef name = pop(), module = pop();
  const std::string_view module_text = expect(module, PickleKind::kString, "a module's name").text;
  push_global(module_text, expect(name, PickleKind::kString, "a global's name").text);
}

// ("storage", its type, its key, the device it was on, its number of elements); files of PyTorch
// before 1.6 add None, or the description of a view that nobody has written since 0.4.
void PickleMachine::push_persistent() {
  const std::vector<PickleRef>& id = expect(pop(), PickleKind::kTuple, "a persistent id").items;
  if (id.size() < 5 || id.size() > 6 ||
      expect(id[0], PickleKind::kString, "the kind of a persistent id").text != "storage") {
    throw refuse("the pickle has a persistent id that is not a storage");
  }
  if (id.size() == 6 && value(id[5]).kind != PickleKind::kNone) {
    throw refuse("the pickle has a storage that is part of another");
  }
  const KnownGlobal& type = expect_global(id[1], "the type of a storage");
  if (type.global != PickleGlobal::kStorage) {
    throw refuse(fmt::format("'{}' is not a type of storage", type.name));
  }
  if (result_.storages.size() >= kMaxStorages) throw refuse("the pickle has too many storages");
  PickleStorage storage;
  storage.type = type.type;
  storage.key = expect(id[2], PickleKind::kString, "the key of a storage").text;
  expect(id[3], PickleKind::kString, "the device of a storage");
  const std::int64_t elements =
      expect(id[4], PickleKind::kInteger, "the size of a storage").integer;
  if (elements < 0 || static_cast<std::uint64_t>(elements) > kMaxElements) {
    throw refuse(fmt::format("storage '{}' has the size {}", printable(storage.key), elements));
  }
  storage.elements = static_cast<std::uint64_t>(elements);
  push_new(PickleKind::kStorage).integer = static_cast<std::int64_t>(result_.storages.size());
  result_.storages.push_back(storage);
}

void PickleMachine::reduce() {
  // Not copied: one tuple may be the arguments of a million calls.
  const std::vector<PickleRef>& arguments =
      expect(pop(), PickleKind::kTuple, "the arguments of a call").items;
  const KnownGlobal& callee = expect_global(pop(), "what is called");
  switch (callee.global) {
    case PickleGlobal::kOrderedDict:
      if (!arguments.empty()) throw refuse("the pickle calls OrderedDict with arguments");
      push_new(PickleKind::kDict);
      return;
    case PickleGlobal::kSize:
      if (arguments.size() != 1) throw refuse("the pickle calls torch.Size wrongly");
      expect(arguments[0], PickleKind::kTuple, "the argument of torch.Size");
      push(arguments[0]);
      return;
    case PickleGlobal::kTypeTag:  // (value, "Dict[str, Tensor]"): the value
      if (arguments.size() != 2) throw refuse("the pickle marks a type wrongly");
      expect(arguments[1], PickleKind::kString, "the name of a type");
      push(arguments[0]);
      return;
    case PickleGlobal::kRebuildTensor:
      return rebuild_tensor(arguments);
    case PickleGlobal::kRebuildParameter:
      return rebuild_parameter(arguments);
    case PickleGlobal::kSet:
    case PickleGlobal::kInert:
      push_new(PickleKind::kInert).text = callee.name;
      return;
    case PickleGlobal::kStorage:
    case PickleGlobal::kParameterDict:
      break;
  }
  throw refuse(fmt::format("the pickle calls '{}', which is only named in weights", callee.name));
}

void PickleMachine::new_object() {
  expect(pop(), PickleKind::kTuple, "the arguments of a new object");
  const KnownGlobal& type = expect_global(pop(), "the class of a new object");
  if (type.global != PickleGlobal::kParameterDict && type.global != PickleGlobal::kInert) {
    throw refuse(fmt::format("the pickle makes a new '{}'", type.name));
  }
  push_new(PickleKind::kInert).text = type.name;
}

// Sets the attributes of an object. Those of a dict (`_metadata` of a state dictionary: versions of
// layers) and of inert objects are dropped.
void PickleMachine::build() {
  const PickleRef state = pop();
  PickleValue& object = value(top());
  if (object.kind != PickleKind::kDict && object.kind != PickleKind::kInert) {
    throw refuse("the pickle sets attributes of a plain value");
  }
  if (object.text != "torch.nn.modules.container.ParameterDict") return;
  const PickleValue& attributes = expect(state, PickleKind::kDict, "the state of a ParameterDict");
  if (attributes.items.size() > 2 * kMaxAttributes) {
    throw refuse(fmt::format("a ParameterDict with {} attributes", attributes.items.size() / 2));
  }
  for (std::size_t i = 0; i + 1 < attributes.items.size(); i += 2) {
    if (value(attributes.items[i]).text != "_parameters") continue;
    expect(attributes.items[i + 1], PickleKind::kDict, "the parameters of a ParameterDict");
    object.items = {attributes.items[i + 1]};
    return;
  }
  throw refuse("a ParameterDict without parameters");
}

// (storage, offset, shape, strides, requires_grad, hooks [, metadata])
void PickleMachine::rebuild_tensor(const std::vector<PickleRef>& arguments) {
  if (arguments.size() < 6 || arguments.size() > 7) {
    throw refuse(fmt::format("{} is made of {} values", tensor_in_hand(), arguments.size()));
  }
  if (result_.tensors.size() >= kMaxTensors) throw refuse("the pickle has too many tensors");
  PickleTensor tensor;
  tensor.storage = static_cast<std::size_t>(
      expect(arguments[0], PickleKind::kStorage, "a tensor's storage").integer);
  const std::int64_t offset =
      expect(arguments[1], PickleKind::kInteger, "a tensor's offset").integer;
  tensor.shape = integers(arguments[2], "shape");
  tensor.strides = integers(arguments[3], "strides");
  expect(arguments[4], PickleKind::kBool, "whether a tensor requires gradients");
  check_hooks(arguments[5]);
  if (arguments.size() == 7 && value(arguments[6]).kind != PickleKind::kNone) {
    throw refuse(fmt::format("{} is stored conjugated or negated", tensor_in_hand()));
  }

  if (tensor.shape.size() != tensor.strides.size() || tensor.shape.size() > kMaxDimensions) {
    throw refuse(fmt::format("{} has {} sizes and {} strides", tensor_in_hand(),
                             tensor.shape.size(), tensor.strides.size()));
  }
  if (offset < 0) throw refuse(fmt::format("{} has a negative offset", tensor_in_hand()));
  tensor.offset = static_cast<std::uint64_t>(offset);
  const PickleStorage& storage = result_.storages[tensor.storage];
  const std::optional<std::uint64_t> elements = checked_product(tensor.shape);
  if (!elements) {
    throw refuse(fmt::format("{} has a shape whose size overflows", tensor_in_hand()));
  }
  if (std::count(tensor.shape.begin(), tensor.shape.end(), 0) == 0) {
    const std::optional<std::uint64_t> span = checked_span(tensor.shape, tensor.strides);
    if (!span) throw refuse(fmt::format("{} has strides that overflow", tensor_in_hand()));
    tensor.span = *span;
    // More elements than the storage has would be one value repeated: a few bytes that become
    // terabytes when the tensor is copied.
    if (*elements > storage.elements) {
      throw refuse(fmt::format("{} has {} elements, its storage '{}' only {}", tensor_in_hand(),
                               *elements, printable(storage.key), storage.elements));
    }
  }
  if (tensor.offset > storage.elements || tensor.span > storage.elements - tensor.offset) {
    throw refuse(fmt::format("{} reaches outside its storage '{}' of {} elements", tensor_in_hand(),
                             printable(storage.key), storage.elements));
  }
  push_new(PickleKind::kTensor).integer = static_cast<std::int64_t>(result_.tensors.size());
  result_.tensors.push_back(std::move(tensor));
}

// (tensor, requires_grad, hooks): the tensor itself.
void PickleMachine::rebuild_parameter(const std::vector<PickleRef>& arguments) {
  if (arguments.size() != 3) throw refuse("the pickle makes a parameter wrongly");
  expect(arguments[0], PickleKind::kTensor, "the data of a parameter");
  expect(arguments[1], PickleKind::kBool, "whether a parameter requires gradients");
  check_hooks(arguments[2]);
  push(arguments[0]);
}

void PickleMachine::check_hooks(PickleRef ref) const {
  const PickleValue& hooks = result_.values[ref];
  const bool none =
      hooks.kind == PickleKind::kNone || (hooks.kind == PickleKind::kDict && hooks.items.empty());
  if (!none) throw refuse(fmt::format("{} has hooks", tensor_in_hand()));
}

std::vector<std::int64_t> PickleMachine::integers(PickleRef ref, std::string_view what) const {
  std::vector<std::int64_t> result;
  for (const PickleRef item : expect(ref, PickleKind::kTuple, what).items) {
    const std::int64_t integer = expect(item, PickleKind::kInteger, what).integer;
    if (integer < 0) {
      throw refuse(fmt::format("{} has negative {}", tensor_in_hand(), what));
    }
    result.push_back(integer);
  }
  return result;
}

const PickleValue& PickleMachine::expect(PickleRef ref, PickleKind kind,
                                         std::string_view what) const {
  const PickleValue& found = result_.values[ref];
  if (found.kind != kind) {
    throw refuse(fmt::format("{} is not of the expected kind", what));
  }
  return found;
}

const KnownGlobal& PickleMachine::expect_global(PickleRef ref, std::string_view what) const {
  const PickleValue& found = expect(ref, PickleKind::kGlobal, what);
  return globals_[static_cast<std::size_t>(found.integer)];
}

// The value below is the key under which a dict is about to get the tensor.
std::string PickleMachine::tensor_in_hand() const {
  if (stack_.empty() || result_.values[stack_.back()].kind != PickleKind::kString)
    return "a tensor";
  return fmt::format("tensor '{}'", printable(result_.values[stack_.back()].text));
}

}  // namespace ersatz::models
