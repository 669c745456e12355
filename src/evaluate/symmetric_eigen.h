// Eigenvalues and eigenvectors of symmetric matrices of a few hundred rows.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

struct SymmetricEigen {
  std::vector<double> values;   // [n], in no order
  std::vector<double> vectors;  // [n, n], row i belongs to values[i]; orthonormal
};

// By Jacobi's rotations (Golub and Van Loan, Matrix Computations, section 8.5), to the last bits of
// the largest eigenvalue. `matrix` [n, n] is symmetric. Error::internal when its size is not n * n,
// Error::numeric when it is not finite.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::int64_t n);

}  // namespace ersatz::evaluate
