// Text that is put together piece by piece while weights are still being found.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::generate {

// Brackets inside brackets count up to this depth; deeper ones are text. Each may multiply the
// weights of all that is inside it: without a limit a prompt would take time that grows with the
// square of its length.
inline constexpr std::size_t kDeepestBrackets = 50;

struct WeightedText {
  std::string text;
  double weight = 1;
};

class WeightedPieces {
 public:
  void append(std::string_view text) { pieces_.push_back({std::string(text), 1.0}); }
  std::size_t size() const { return pieces_.size(); }
  // Multiplies the weights of the pieces from `first` on.
  void scale_from(std::size_t first, double factor);
  // Empty pieces dropped, neighbours of equal weight joined; at least one piece.
  std::vector<WeightedText> joined() const;

 private:
  std::vector<WeightedText> pieces_;
};

// Reads an unsigned or signed number (digits with at most one point) at `at` and moves behind it;
// false, without moving, when there is none.
bool read_weight(std::string_view text, std::size_t& at, double& weight);

}  // namespace ersatz::generate
