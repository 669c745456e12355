#include "evaluate/frechet_distance.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/json.h"
#include "evaluate/symmetric_eigen.h"
#include "models/mapped_file.h"
#include "models/safetensors_header.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using core::Json;

Gaussian gaussian(const Json& stored, const char* mean, const char* covariance) {
  Gaussian g;
  g.mean = stored.at(mean).get<std::vector<double>>();
  g.covariance = stored.at(covariance).get<std::vector<double>>();
  g.width = static_cast<std::int64_t>(g.mean.size());
  return g;
}

std::vector<float> floats(const Json& stored) { return stored.get<std::vector<float>>(); }

// Where there are fewer vectors than features the two references differ by 3e-7 themselves: their
// eigenvalues of 0 come out as small numbers, whose roots count.
double tolerance(bool rank_deficient, double value) {
  return (rank_deficient ? 1e-7 : 1e-10) * std::max(1.0, value);
}

TEST(FrechetDistance, EqualsScipy) {
  const Json stored = core::read_json(test::fixture("metrics/distances.json")).at("frechet");
  ASSERT_EQ(stored.size(), 3U);
  for (const Json& c : stored) {
    SCOPED_TRACE(c.at("case").dump());
    const double wanted = c.at("fid_via_eigenvalues").get<double>();
    const double found =
        frechet_distance(gaussian(c, "mu1", "sigma1"), gaussian(c, "mu2", "sigma2"));
    EXPECT_NEAR(found, wanted, tolerance(c.at("rank_deficient").get<bool>(), wanted));
    if (!c.contains("x")) continue;
    const auto width = c.at("dim").get<std::int64_t>();
    EXPECT_NEAR(frechet_distance(fit_gaussian(floats(c.at("x")), width),
                                 fit_gaussian(floats(c.at("y")), width)),
                wanted, 1e-5 * wanted);
  }
}

TEST(FrechetDistance, EqualsEverySharedFixture) {
  ERSATZ_REQUIRE_SHARED(folder, "fixtures/metrics");
  const std::filesystem::path path = folder / "fid.safetensors";
  const models::MappedFile file(path);
  const models::SafetensorsHeader header =
      models::parse_safetensors_header(file.bytes(), file.bytes().size(), path);
  const auto numbers = [&](const std::string& name) {
    const models::StoredTensor& tensor = header.tensors.at(name);
    std::vector<double> values(tensor.bytes / sizeof(double));
    std::memcpy(values.data(), file.bytes().data() + tensor.begin, tensor.bytes);
    return values;
  };
  int cases = 0;
  const Json stored = core::read_json(folder / "fid.json");
  for (const Json& c : stored.at("cases")) {
    const std::string name = "case" + c.at("case").dump() + ".";
    SCOPED_TRACE(name);
    const auto width = c.at("dim").get<std::int64_t>();
    const Gaussian a{width, numbers(name + "mu1_f64"), numbers(name + "sigma1_f64")};
    const Gaussian b{width, numbers(name + "mu2_f64"), numbers(name + "sigma2_f64")};
    const double wanted = c.at("fid_scipy_sqrtm").get<double>();
    // As far as the two references agree with each other.
    const double apart = std::abs(wanted - c.at("fid_via_eigenvalues").get<double>());
    EXPECT_NEAR(frechet_distance(a, b), wanted,
                2 * apart + tolerance(c.at("rank_deficient").get<bool>(), wanted));
    ++cases;
  }
  EXPECT_EQ(cases, 10);
}

TEST(FrechetDistance, OfNormalsInClosedForm) {
  // Diagonal covariances: the sum of squared differences of means and of deviations.
  const Gaussian a{2, {0, 0}, {4, 0, 0, 9}}, b{2, {3, 4}, {1, 0, 0, 25}};
  EXPECT_NEAR(frechet_distance(a, b), 25 + 1 + 4, 1e-12);
  EXPECT_NEAR(frechet_distance(a, a), 0, 1e-12);
}

TEST(FrechetDistance, RefusesWhatDoesNotFit) {
  const Gaussian a{2, {0, 0}, {4, 0, 0, 9}}, b{1, {0}, {1}};
  EXPECT_ERSATZ_ERROR(frechet_distance(a, b), core::ExitCode::kInternal, "width 2 beside");
  EXPECT_ERSATZ_ERROR(fit_gaussian({1, 2, 3}, 2), core::ExitCode::kInternal, "width 2");
  EXPECT_ERSATZ_ERROR(fit_gaussian({1, 2}, 2), core::ExitCode::kInternal, "covariance");
  EXPECT_ERSATZ_ERROR(fit_gaussian({1, std::numeric_limits<float>::quiet_NaN()}, 1),
                      core::ExitCode::kNumeric, "feature");
}

TEST(SymmetricEigen, TakesAMatrixApart) {
  // A = sum of value * vector vector^T, with vectors of unit length at right angles.
  const std::vector<double> matrix = {2, -1, 0, -1, 2, -1, 0, -1, 2};
  const SymmetricEigen eigen = symmetric_eigen(matrix, 3);
  double sum = 0, product = 1;
  for (const double value : eigen.values) {
    sum += value;
    product *= value;
  }
  EXPECT_NEAR(sum, 6, 1e-14);
  EXPECT_NEAR(product, 4, 1e-13);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      double rebuilt = 0, dot = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        rebuilt += eigen.values[k] * eigen.vectors[3 * k + i] * eigen.vectors[3 * k + j];
        dot += eigen.vectors[3 * i + k] * eigen.vectors[3 * j + k];
      }
      EXPECT_NEAR(rebuilt, matrix[3 * i + j], 1e-14);
      EXPECT_NEAR(dot, i == j ? 1 : 0, 1e-14);
    }
  }
  EXPECT_ERSATZ_ERROR(symmetric_eigen({1, 2, 3}, 2), core::ExitCode::kInternal, "3 numbers");
}

}  // namespace
}  // namespace ersatz::evaluate
