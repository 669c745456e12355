#include "data/scenes/fruit/fruit_choices.h"

namespace ersatz::data::scenes {

FruitVariety choose_variety(const PaintJob& job, core::Stream& random) {
  FruitVariety variety;
  variety.tilt = job.between(0.75F, 1.6F);
  variety.ripeness = job.between(random.uniform(0.45F, 0.75F), random.uniform(0.1F, 1.0F));
  variety.wear = job.between(random.uniform(0, 0.3F), random.uniform(0.2F, 1.0F));
  variety.size = job.between(random.uniform(0.95F, 1.05F), random.uniform(0.85F, 1.1F));
  return variety;
}

Framing choose_fruit_framing(const PaintJob& job, bool top, core::Stream& random) {
  Framing framing;
  framing.elevation = top ? job.between(random.uniform(1.36F, 1.56F), random.uniform(1.05F, 1.4F))
                          : job.between(random.uniform(0.3F, 0.5F), random.uniform(0.4F, 0.7F));
  framing.focal = job.between(random.uniform(1.6F, 2.2F), random.uniform(1.0F, 1.4F));
  framing.fill = job.between(random.uniform(0.7F, 0.92F), random.uniform(0.4F, 0.8F));
  const float off_centre = job.between(0.4F, 1.0F);
  framing.shift_x = off_centre * random.uniform(-1, 1);
  framing.shift_y = off_centre * random.uniform(-1, 1);
  return framing;
}

}  // namespace ersatz::data::scenes
