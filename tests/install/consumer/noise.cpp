// The same noise wherever it is drawn.
#include <cstdio>

#include "compute/random_rows.h"

int main() {
  const torch::Tensor all = ersatz::compute::normal_rows(4, {8}, 7, "noise");
  const torch::Tensor last = ersatz::compute::normal_rows(1, {8}, 7, "noise", 3);
  std::printf("%s\n", torch::equal(all[3], last[0]) ? "equal" : "different");
  return 0;
}
