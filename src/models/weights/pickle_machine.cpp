#include "models/weights/pickle_machine.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <utility>

#include "models/weights/pickle_opcodes.h"
#include "models/weights/untrusted_text.h"

namespace ersatz::models {

using core::Error;

namespace {

// Far above any published model: 3000 tensors need 60 000 steps and 30 000 values.
constexpr std::uint64_t kMaxSteps = 4'000'000;
constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxMarks = 64;
constexpr std::size_t kLongestName = 256;  // of a module or a class
constexpr int kNewestProtocol = 5;

}  // namespace

Pickle PickleMachine::run() {
  while (true) {
    opcode_offset_ = reader_.offset();
    if (++steps_ > kMaxSteps) throw refuse("the pickle has too many steps");
    const std::uint8_t opcode = reader_.u8();
    if (opcode == static_cast<std::uint8_t>(PickleOpcode::kStop)) break;
    step(opcode);
  }
  if (stack_.size() != 1 || !marks_.empty()) throw refuse("the pickle stops half-way");
  result_.root = stack_.front();
  return std::move(result_);
}

void PickleMachine::step(std::uint8_t opcode) {
  using Op = PickleOpcode;
  switch (static_cast<Op>(opcode)) {
    case Op::kProto:
      if (reader_.u8() > kNewestProtocol) throw refuse("the pickle has an unknown protocol");
      return;
    case Op::kFrame:  // a hint for readers of streams
      if (reader_.u64() > reader_.remaining()) throw refuse("a frame of the pickle is too long");
      return;
    case Op::kMark:
      return mark();
    case Op::kNone:
      push_new(PickleKind::kNone);
      return;
    case Op::kNewTrue:
      push_new(PickleKind::kBool).integer = 1;
      return;
    case Op::kNewFalse:
      push_new(PickleKind::kBool);
      return;
    case Op::kBinInt:
      return push_integer(4);
    case Op::kBinInt1:
      push_new(PickleKind::kInteger).integer = reader_.u8();
      return;
    case Op::kBinInt2:
      push_new(PickleKind::kInteger).integer = reader_.u16();
      return;
    case Op::kLong1:
      return push_integer(reader_.u8());
    case Op::kLong4:
      return push_integer(reader_.u32());
    case Op::kBinFloat:
      return push_float();
    case Op::kBinString:
    case Op::kBinUnicode:
      return push_text(reader_.take(reader_.u32()));
    case Op::kShortBinString:
    case Op::kShortBinUnicode:
      return push_text(reader_.take(reader_.u8()));
    case Op::kBinUnicode8:
      return push_text(reader_.take(reader_.u64()));
    case Op::kBinBytes:
      push_new(PickleKind::kBytes).text = reader_.take(reader_.u32());
      return;
    case Op::kShortBinBytes:
      push_new(PickleKind::kBytes).text = reader_.take(reader_.u8());
      return;
    case Op::kBinBytes8:
      push_new(PickleKind::kBytes).text = reader_.take(reader_.u64());
      return;
    case Op::kEmptyTuple:
      return push_tuple(0);
    case Op::kTuple1:
      return push_tuple(1);
    case Op::kTuple2:
      return push_tuple(2);
    case Op::kTuple3:
      return push_tuple(3);
    case Op::kTuple:
      return push_items(PickleKind::kTuple);
    case Op::kEmptyList:
      push_new(PickleKind::kList);
      return;
    case Op::kList:
      return push_items(PickleKind::kList);
    case Op::kAppend:
      return append({pop()});
    case Op::kAppends:
      return append(pop_to_mark());
    case Op::kEmptyDict:
      push_new(PickleKind::kDict);
      return;
    case Op::kDict: {
      std::vector<PickleRef> items = pop_to_mark();
      push_new(PickleKind::kDict);
      return set_items(std::move(items));
    }
    case Op::kSetItem: {
      const PickleRef item = pop(), key = pop();
      return set_items({key, item});
    }
    case Op::kSetItems:
      return set_items(pop_to_mark());
    case Op::kBinPut:
      return remember(reader_.u8());
    case Op::kLongBinPut:
      return remember(reader_.u32());
    case Op::kMemoize:
      return remember(memo_.size());
    case Op::kBinGet:
      return recall(reader_.u8());
    case Op::kLongBinGet:
      return recall(reader_.u32());
    case Op::kGlobal: {
      const std::string_view module = reader_.line(kLongestName);
      return push_global(module, reader_.line(kLongestName));
    }
    case Op::kStackGlobal:
      return push_stack_global();
    case Op::kBinPersId:
      return push_persistent();
    case Op::kReduce:
      return reduce();
    case Op::kNewObj:
      return new_object();
    case Op::kBuild:
      return build();
    default:
      refuse_opcode(opcode);
  }
}

Error PickleMachine::refuse(std::string_view what) const {
  return Error::untrusted(reader_.file(), what, opcode_offset_);
}

void PickleMachine::refuse_opcode(std::uint8_t opcode) {
  // Two opcodes name what they are after in the bytes that follow.
  if (opcode == static_cast<std::uint8_t>(PickleOpcode::kInst)) {
    const std::string_view module = reader_.line(kLongestName);
    throw refuse_global(module, reader_.line(kLongestName), " through the opcode INST");
  }
  if (opcode == static_cast<std::uint8_t>(PickleOpcode::kPersId)) {
    throw refuse(fmt::format("the pickle refers to '{}' through the opcode PERSID",
                             printable(reader_.line(kLongestName))));
  }
  throw refuse(fmt::format("the pickle uses {} ({:#04x}), which weights never need",
                           pickle_opcode_name(opcode), opcode));
}

PickleRef PickleMachine::create(PickleKind kind) {
  if (result_.values.size() >= kMaxValues) throw refuse("the pickle makes too many values");
  result_.values.emplace_back().kind = kind;
  return static_cast<PickleRef>(result_.values.size() - 1);
}

void PickleMachine::push(PickleRef ref) { stack_.push_back(ref); }

PickleValue& PickleMachine::push_new(PickleKind kind) {
  const PickleRef ref = create(kind);
  push(ref);
  return value(ref);
}

PickleRef PickleMachine::top() const {
  if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) {
    throw refuse("the pickle takes a value where there is none");
  }
  return stack_.back();
}

PickleRef PickleMachine::pop() {
  const PickleRef ref = top();
  stack_.pop_back();
  return ref;
}

void PickleMachine::mark() {
  if (marks_.size() >= kMaxMarks) throw refuse("the pickle is nested too deeply");
  marks_.push_back(stack_.size());
}

std::vector<PickleRef> PickleMachine::pop_to_mark() {
  if (marks_.empty()) throw refuse("the pickle takes values up to a mark where there is none");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleRef> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::remember(std::uint64_t index) {
  constexpr PickleRef kNothing = std::numeric_limits<PickleRef>::max();
  if (index >= kMaxValues) throw refuse(fmt::format("the pickle's memo {} is too large", index));
  if (index >= memo_.size()) memo_.resize(index + 1, kNothing);
  memo_[index] = top();
}

void PickleMachine::recall(std::uint64_t index) {
  if (index >= memo_.size() || memo_[index] >= result_.values.size()) {
    throw refuse(fmt::format("the pickle's memo {} was never written", index));
  }
  push(memo_[index]);
}

void PickleMachine::push_text(std::string_view text) {
  // Python 2 wrote bytes and text alike.
  push_new(is_utf8(text) ? PickleKind::kString : PickleKind::kBytes).text = text;
}

void PickleMachine::push_integer(std::size_t bytes) {
  if (bytes > 8) throw refuse(fmt::format("the pickle has an integer of {} bytes", bytes));
  std::uint64_t bits = reader_.number(bytes);
  if (bytes > 0 && bytes < 8 && (bits >> (8 * bytes - 1) & 1) != 0) bits |= ~0ULL << (8 * bytes);
  std::int64_t integer = 0;
  std::memcpy(&integer, &bits, sizeof integer);
  push_new(PickleKind::kInteger).integer = integer;
}

void PickleMachine::push_float() {
  std::uint64_t bits = 0;  // big-endian, unlike everything else
  for (int i = 0; i < 8; ++i) bits = bits << 8 | reader_.u8();
  double real = 0;
  std::memcpy(&real, &bits, sizeof real);
  push_new(PickleKind::kFloat).real = real;
}

void PickleMachine::push_tuple(std::size_t size) {
  std::vector<PickleRef> items(size);
  for (std::size_t i = size; i-- > 0;) items[i] = pop();
  push_new(PickleKind::kTuple).items = std::move(items);
}

void PickleMachine::push_items(PickleKind kind) {
  std::vector<PickleRef> items = pop_to_mark();
  push_new(kind).items = std::move(items);
}

void PickleMachine::append(std::vector<PickleRef> items) {
  PickleValue& list = value(top());
  if (list.kind != PickleKind::kList) throw refuse("the pickle appends to what is not a list");
  list.items.insert(list.items.end(), items.begin(), items.end());
}

void PickleMachine::set_items(std::vector<PickleRef> items) {
  PickleValue& dict = value(top());
  if (dict.kind != PickleKind::kDict || items.size() % 2 != 0) {
    throw refuse("the pickle sets items of what is not a dict");
  }
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const PickleKind kind = value(items[i]).kind;
    if (kind != PickleKind::kString && kind != PickleKind::kInteger &&
        kind != PickleKind::kGlobal) {
      throw refuse("a dict of the pickle has a key that is not text");
    }
  }
  dict.items.insert(dict.items.end(), items.begin(), items.end());
}

}  // namespace ersatz::models
