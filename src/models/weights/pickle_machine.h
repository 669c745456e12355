// The stack machine behind a restricted pickle: values, marks and memo, all bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "models/weights/byte_reader.h"
#include "models/weights/pickle_globals.h"
#include "models/weights/pickle_value.h"

namespace ersatz::models {

// Interprets opcodes one by one. Only opcodes that torch.save emits for state dictionaries exist;
// calls are limited to a table of a few constructors that this class performs itself.
class PickleMachine {
 public:
  // Reads from `reader`, which must outlive the machine.
  explicit PickleMachine(ByteReader& reader) : reader_(reader) {}

  // Runs up to and including STOP.
  Pickle run();

 private:
  void step(std::uint8_t opcode);
  // Error::untrusted at the opcode in hand.
  core::Error refuse(std::string_view what) const;
  core::Error refuse_global(std::string_view module, std::string_view name,
                            std::string_view how) const;
  [[noreturn]] void refuse_opcode(std::uint8_t opcode);

  // Stack and memo.
  // A new value. Values stay where they are: references to them survive.
  PickleRef create(PickleKind kind);
  PickleValue& value(PickleRef ref) { return result_.values[ref]; }
  void push(PickleRef ref);
  PickleValue& push_new(PickleKind kind);
  PickleRef pop();
  PickleRef top() const;
  void mark();
  std::vector<PickleRef> pop_to_mark();
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);

  // Values.
  void push_text(std::string_view text);
  void push_integer(std::size_t bytes);  // little-endian two's complement
  void push_float();
  void push_tuple(std::size_t size);
  void push_items(PickleKind kind);
  void append(std::vector<PickleRef> items);
  void set_items(std::vector<PickleRef> items);

  // Names and the few calls there are.
  void push_global(std::string_view module, std::string_view name);
  void push_stack_global();
  void push_persistent();
  void reduce();
  void new_object();
  void build();
  void rebuild_tensor(const std::vector<PickleRef>& arguments);
  void rebuild_parameter(const std::vector<PickleRef>& arguments);
  void check_hooks(PickleRef ref) const;
  std::vector<std::int64_t> integers(PickleRef ref, std::string_view what) const;
  const PickleValue& expect(PickleRef ref, PickleKind kind, std::string_view what) const;
  const KnownGlobal& expect_global(PickleRef ref, std::string_view what) const;
  std::string tensor_in_hand() const;

  ByteReader& reader_;
  Pickle result_;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;
  std::vector<PickleRef> memo_;
  std::vector<KnownGlobal> globals_;  // by the `integer` of a kGlobal value
  std::uint64_t opcode_offset_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace ersatz::models
