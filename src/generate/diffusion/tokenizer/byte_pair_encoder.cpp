#include "generate/diffusion/tokenizer/byte_pair_encoder.h"

#include <cstddef>
#include <functional>
#include <queue>
#include <string>
#include <utility>

#include "generate/diffusion/tokenizer/byte_alphabet.h"

namespace ersatz::generate {

namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

// One piece of a word; pieces form a list from which merged ones are unlinked.
struct Symbol {
  std::int32_t id = -1;
  std::ptrdiff_t previous = -1, next = -1;
};

// A pair that could be merged when it was found: its rank and the place of its left piece.
using Candidate = std::pair<std::int32_t, std::ptrdiff_t>;

}  // namespace

BytePairEncoder::BytePairEncoder(const Vocabulary& vocabulary, std::int32_t unknown)
    : unknown_(unknown) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    inner_[byte] = vocabulary.find(byte_characters()[byte]);
    last_[byte] = vocabulary.find(byte_characters()[byte] + std::string(kEndOfWord));
  }
  merges_.reserve(vocabulary.merges.size());
  std::int32_t rank = 0;
  for (const Merge& merge : vocabulary.merges) {
    merges_.emplace(pair_key(merge.left, merge.right), Target{rank++, merge.merged});
  }
}

const BytePairEncoder::Target* BytePairEncoder::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BytePairEncoder::encode(std::string_view word, std::vector<std::int64_t>& ids) const {
  const auto size = static_cast<std::ptrdiff_t>(word.size());
  std::vector<Symbol> symbols(word.size());
  const auto at = [&](std::ptrdiff_t i) -> Symbol& { return symbols[static_cast<std::size_t>(i)]; };
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    const std::size_t byte = static_cast<unsigned char>(word[static_cast<std::size_t>(i)]);
    at(i) = {i + 1 < size ? inner_[byte] : last_[byte], i - 1, i + 1 < size ? i + 1 : -1};
  }

  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto propose = [&](std::ptrdiff_t left) {
    if (left < 0 || at(left).next < 0) return;
    const Target* const target = find(at(left).id, at(at(left).next).id);
    if (target != nullptr) candidates.emplace(target->rank, left);
  };
  for (std::ptrdiff_t i = 0; i + 1 < size; ++i) propose(i);

  while (!candidates.empty()) {
    const auto [rank, left] = candidates.top();
    candidates.pop();
    Symbol& symbol = at(left);
    if (symbol.next < 0) continue;
    const Symbol& right = at(symbol.next);
    // Since it was proposed one of the two may have become another token or ceased to be.
    const Target* const target = find(symbol.id, right.id);
    if (target == nullptr || target->rank != rank) continue;
    symbol.id = target->merged;
    const std::ptrdiff_t gone = symbol.next;
    symbol.next = right.next;
    if (symbol.next >= 0) at(symbol.next).previous = left;
    at(gone) = Symbol{};
    propose(symbol.previous);
    propose(left);
  }
  for (std::ptrdiff_t i = 0; i >= 0 && i < size; i = at(i).next) {
    ids.push_back(at(i).id >= 0 ? at(i).id : unknown_);
  }
}

}  // namespace ersatz::generate
