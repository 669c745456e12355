// Noise levels between those of training: interpolation, and Karras et al.'s spacing.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::generate {

// table[position], linear between neighbours; the ends beyond them.
double interpolate(const std::vector<double>& table, double position);

// The (fractional) timestep at which `levels` (rising) reaches `level`, linear in the logarithm;
// within 0 .. levels.size() - 1. The inverse of a logarithmic interpolation.
double position_of_level(const std::vector<double>& levels, double level);

// `count` levels falling from `largest` to `smallest`, evenly spaced after taking the 7th root
// (Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models",
// equation 5 with rho = 7). Error::usage unless both are positive and finite.
std::vector<double> karras_levels(double smallest, double largest, std::int64_t count);

// `count` levels falling from `largest` to `smallest`, evenly spaced in the logarithm.
std::vector<double> log_linear_levels(double smallest, double largest, std::int64_t count);

}  // namespace ersatz::generate
