// The probability distributions that intervals need: Student's t and the normal.
#pragma once

namespace ersatz::evaluate {

// Regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1], by Lentz's
// continued fraction; relative error about 1e-14.
double incomplete_beta(double a, double b, double x);

// P(T <= t) with `dof` > 0 degrees of freedom (need not be whole; infinity gives the normal).
double student_t_cdf(double t, double dof);

// The t with P(T <= t) = probability, 0 < probability < 1. Error::internal outside.
double student_t_quantile(double probability, double dof);

double normal_cdf(double z);
double normal_quantile(double probability);

}  // namespace ersatz::evaluate
