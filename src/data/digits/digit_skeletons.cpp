#include "data/digits/digit_skeletons.h"

#include <array>
#include <cstddef>

namespace ersatz::data {
namespace {

constexpr bool kCorner = true;

std::vector<Skeleton> zeros() {
  const SkeletonStroke closed = {{0.04F, 0.00F},  {-0.20F, 0.12F}, {-0.30F, 0.50F},
                                 {-0.20F, 0.88F}, {0.02F, 1.00F},  {0.23F, 0.86F},
                                 {0.30F, 0.48F},  {0.20F, 0.10F},  {0.00F, 0.00F}};
  const SkeletonStroke gap = {{-0.06F, 0.06F}, {-0.24F, 0.24F}, {-0.29F, 0.60F},
                              {-0.14F, 0.94F}, {0.10F, 0.98F},  {0.28F, 0.70F},
                              {0.28F, 0.30F},  {0.12F, 0.02F},  {-0.04F, 0.10F}};
  const SkeletonStroke round = {{0.10F, 0.02F},  {-0.22F, 0.06F}, {-0.42F, 0.42F},
                                {-0.34F, 0.84F}, {0.02F, 1.00F},  {0.36F, 0.82F},
                                {0.42F, 0.40F},  {0.22F, 0.06F},  {-0.08F, 0.03F}};
  const SkeletonStroke overshoot = {
      {0.24F, 0.06F}, {0.02F, 0.02F}, {-0.24F, 0.26F}, {-0.28F, 0.70F}, {-0.06F, 1.0F},
      {0.20F, 0.84F}, {0.29F, 0.46F}, {0.16F, 0.10F},  {-0.06F, 0.12F}, {-0.16F, 0.24F}};
  return {{0.35F, {closed}}, {0.15F, {gap}}, {0.35F, {round}}, {0.15F, {overshoot}}};
}

std::vector<Skeleton> ones() {
  const SkeletonStroke stem = {{0.02F, 0.00F}, {0.00F, 0.50F}, {-0.01F, 1.00F}};
  const SkeletonStroke flag = {
      {-0.17F, 0.20F}, {0.02F, 0.00F, kCorner}, {0.01F, 0.5F}, {0.00F, 1.00F}};
  const SkeletonStroke base = {{-0.20F, 1.00F}, {0.22F, 0.99F}};
  return {{0.82F, {stem}}, {0.11F, {flag}}, {0.07F, {flag, base}}};
}

std::vector<Skeleton> twos() {
  const SkeletonStroke angular = {{-0.28F, 0.20F}, {-0.12F, 0.02F}, {0.14F, 0.03F},
                                  {0.25F, 0.25F},  {0.08F, 0.58F},  {-0.30F, 0.97F, kCorner},
                                  {0.02F, 0.95F},  {0.34F, 0.95F}};
  const SkeletonStroke loop = {{-0.26F, 0.18F}, {-0.04F, 0.00F}, {0.22F, 0.14F},  {0.17F, 0.48F},
                               {-0.06F, 0.84F}, {-0.24F, 0.96F}, {-0.32F, 0.84F}, {-0.16F, 0.76F},
                               {0.06F, 0.88F},  {0.26F, 0.98F},  {0.42F, 0.90F}};
  const SkeletonStroke wave = {
      {-0.22F, 0.10F},          {0.06F, 0.00F},  {0.25F, 0.18F}, {0.12F, 0.52F},
      {-0.26F, 0.92F, kCorner}, {-0.06F, 0.86F}, {0.14F, 0.97F}, {0.36F, 0.94F}};
  const SkeletonStroke flat = {{-0.25F, 0.06F}, {0.10F, 0.00F},           {0.26F, 0.16F},
                               {0.10F, 0.46F},  {-0.32F, 0.92F, kCorner}, {0.10F, 0.98F},
                               {0.40F, 1.00F}};
  return {{0.35F, {angular}}, {0.33F, {loop}}, {0.17F, {wave}}, {0.15F, {flat}}};
}

std::vector<Skeleton> threes() {
  const SkeletonStroke cusp = {{-0.25F, 0.10F}, {-0.02F, 0.00F},          {0.22F, 0.13F},
                               {0.16F, 0.36F},  {-0.08F, 0.47F, kCorner}, {0.18F, 0.55F},
                               {0.27F, 0.78F},  {0.06F, 1.00F},           {-0.28F, 0.90F}};
  const SkeletonStroke flat_top = {
      {-0.24F, 0.03F}, {0.24F, 0.00F, kCorner}, {-0.04F, 0.40F, kCorner}, {0.22F, 0.52F},
      {0.26F, 0.80F},  {0.02F, 1.00F},          {-0.27F, 0.92F}};
  const SkeletonStroke knot = {{-0.22F, 0.06F}, {0.08F, 0.00F},  {0.24F, 0.18F}, {0.06F, 0.44F},
                               {-0.10F, 0.50F}, {-0.04F, 0.41F}, {0.16F, 0.50F}, {0.25F, 0.74F},
                               {0.04F, 0.99F},  {-0.28F, 0.96F}};
  const SkeletonStroke slack = {{-0.26F, 0.04F}, {0.16F, 0.04F}, {0.18F, 0.28F},  {0.02F, 0.44F},
                                {0.20F, 0.62F},  {0.16F, 0.90F}, {-0.10F, 1.00F}, {-0.32F, 0.98F}};
  return {{0.50F, {cusp}}, {0.12F, {flat_top}}, {0.20F, {knot}}, {0.18F, {slack}}};
}

std::vector<Skeleton> fours() {
  const SkeletonStroke leg = {{0.20F, 0.02F}, {0.16F, 0.50F}, {0.12F, 1.00F}};
  const SkeletonStroke angle = {{-0.20F, 0.02F}, {-0.27F, 0.50F, kCorner}, {0.30F, 0.46F}};
  const SkeletonStroke cup = {{-0.26F, 0.02F}, {-0.28F, 0.36F}, {-0.14F, 0.52F}, {0.16F, 0.42F}};
  const SkeletonStroke tent = {
      {0.12F, 0.00F}, {-0.10F, 0.30F}, {-0.30F, 0.62F, kCorner}, {0.34F, 0.60F}};
  const SkeletonStroke tent_leg = {{0.13F, 0.02F}, {0.13F, 0.50F}, {0.11F, 1.00F}};
  const SkeletonStroke one_line = {{-0.22F, 0.02F}, {-0.28F, 0.42F, kCorner}, {0.02F, 0.50F},
                                   {0.24F, 0.30F},  {0.27F, 0.04F, kCorner},  {0.20F, 0.52F},
                                   {0.16F, 1.00F}};
  return {
      {0.36F, {angle, leg}}, {0.24F, {cup, leg}}, {0.14F, {tent, tent_leg}}, {0.26F, {one_line}}};
}

std::vector<Skeleton> fives() {
  const SkeletonStroke body = {{-0.15F, 0.04F}, {-0.21F, 0.42F, kCorner}, {0.06F, 0.38F},
                               {0.27F, 0.62F},  {0.12F, 0.94F},           {-0.28F, 0.93F}};
  const SkeletonStroke cap = {{-0.15F, 0.04F}, {0.10F, 0.03F}, {0.32F, 0.00F}};
  const SkeletonStroke one_line = {
      {0.30F, 0.02F}, {-0.12F, 0.05F, kCorner}, {-0.20F, 0.45F, kCorner}, {0.08F, 0.44F},
      {0.24F, 0.66F}, {0.08F, 0.98F},           {-0.26F, 0.94F}};
  const SkeletonStroke snake = {{0.30F, 0.00F}, {0.00F, 0.04F}, {-0.18F, 0.22F}, {-0.04F, 0.42F},
                                {0.18F, 0.62F}, {0.10F, 0.92F}, {-0.24F, 0.96F}};
  const SkeletonStroke torn_cap = {{0.00F, 0.02F}, {0.34F, -0.04F}};
  return {{0.42F, {body, cap}}, {0.28F, {one_line}}, {0.18F, {snake}}, {0.12F, {body, torn_cap}}};
}

std::vector<Skeleton> sixes() {
  const SkeletonStroke curved = {{0.18F, 0.00F}, {-0.12F, 0.26F}, {-0.28F, 0.66F}, {-0.08F, 0.99F},
                                 {0.23F, 0.86F}, {0.21F, 0.60F},  {-0.03F, 0.54F}, {-0.25F, 0.76F}};
  const SkeletonStroke steep = {{0.04F, 0.00F}, {-0.19F, 0.38F}, {-0.24F, 0.78F}, {-0.02F, 1.00F},
                                {0.20F, 0.84F}, {0.10F, 0.65F},  {-0.16F, 0.76F}, {-0.20F, 0.84F}};
  const SkeletonStroke wide = {{0.28F, 0.04F}, {-0.06F, 0.14F}, {-0.34F, 0.56F}, {-0.20F, 0.94F},
                               {0.16F, 0.98F}, {0.34F, 0.74F},  {0.08F, 0.56F},  {-0.22F, 0.70F}};
  return {{0.45F, {curved}}, {0.37F, {steep}}, {0.18F, {wide}}};
}

std::vector<Skeleton> sevens() {
  const SkeletonStroke plain = {
      {-0.28F, 0.06F}, {0.00F, 0.05F}, {0.28F, 0.02F, kCorner}, {0.10F, 0.46F}, {-0.05F, 1.00F}};
  const SkeletonStroke bar = {{-0.16F, 0.52F}, {0.05F, 0.51F}, {0.26F, 0.47F}};
  const SkeletonStroke hook = {{-0.29F, 0.20F},         {-0.26F, 0.05F, kCorner}, {0.02F, 0.05F},
                               {0.27F, 0.01F, kCorner}, {0.14F, 0.48F},           {0.06F, 1.00F}};
  const SkeletonStroke bowed = {{-0.27F, 0.18F}, {-0.14F, 0.02F}, {0.10F, 0.03F},
                                {0.24F, 0.16F},  {0.12F, 0.56F},  {0.02F, 1.00F}};
  return {{0.50F, {plain}}, {0.16F, {plain, bar}}, {0.20F, {hook}}, {0.14F, {bowed}}};
}

std::vector<Skeleton> eights() {
  const SkeletonStroke ribbon = {{0.18F, 0.08F}, {-0.03F, 0.00F}, {-0.21F, 0.17F}, {-0.02F, 0.44F},
                                 {0.21F, 0.72F}, {0.02F, 1.00F},  {-0.22F, 0.80F}, {-0.02F, 0.50F},
                                 {0.20F, 0.24F}, {0.16F, 0.04F}};
  const SkeletonStroke open = {{0.28F, 0.06F},  {0.02F, 0.02F}, {-0.20F, 0.20F},
                               {0.02F, 0.46F},  {0.18F, 0.74F}, {-0.02F, 1.00F},
                               {-0.21F, 0.78F}, {0.02F, 0.48F}, {0.30F, 0.14F}};
  const SkeletonStroke upper = {{0.04F, 0.46F}, {-0.18F, 0.30F}, {-0.10F, 0.04F},
                                {0.13F, 0.02F}, {0.20F, 0.26F},  {0.02F, 0.46F}};
  const SkeletonStroke lower = {{0.02F, 0.47F}, {-0.22F, 0.68F}, {-0.14F, 0.96F},
                                {0.12F, 0.99F}, {0.24F, 0.74F},  {0.04F, 0.47F}};
  return {{0.55F, {ribbon}}, {0.20F, {open}}, {0.25F, {upper, lower}}};
}

std::vector<Skeleton> nines() {
  const SkeletonStroke straight = {{0.20F, 0.10F},  {-0.02F, 0.00F}, {-0.24F, 0.20F},
                                   {-0.12F, 0.44F}, {0.12F, 0.34F},  {0.23F, 0.08F, kCorner},
                                   {0.20F, 0.50F},  {0.15F, 1.00F}};
  const SkeletonStroke curved = {{0.22F, 0.12F},  {0.00F, 0.00F}, {-0.23F, 0.18F},
                                 {-0.10F, 0.45F}, {0.14F, 0.36F}, {0.25F, 0.14F},
                                 {0.24F, 0.58F},  {0.06F, 0.96F}, {-0.22F, 0.94F}};
  const SkeletonStroke smooth = {{0.16F, 0.04F}, {-0.10F, 0.04F}, {-0.22F, 0.28F},
                                 {0.00F, 0.42F}, {0.19F, 0.22F},  {0.17F, 0.06F},
                                 {0.14F, 0.30F}, {0.08F, 0.62F},  {0.00F, 1.00F}};
  const SkeletonStroke gap = {{0.12F, 0.02F}, {-0.14F, 0.06F}, {-0.22F, 0.30F}, {-0.02F, 0.42F},
                              {0.22F, 0.26F}, {0.20F, 0.55F},  {0.14F, 1.00F}};
  return {{0.36F, {straight}}, {0.20F, {curved}}, {0.28F, {smooth}}, {0.16F, {gap}}};
}

}  // namespace

const std::vector<Skeleton>& digit_skeletons(int digit) {
  static const std::array<std::vector<Skeleton>, 10> all = {
      zeros(), ones(), twos(), threes(), fours(), fives(), sixes(), sevens(), eights(), nines()};
  return all.at(static_cast<std::size_t>(digit));
}

}  // namespace ersatz::data
