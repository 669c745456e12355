// Where in the picture the network attended to each word: DAAM (Tang et al. 2023, "What the DAAM").
// Everything at once; the parts are attention_capture.h and heat_map.h.
#pragma once

#include "label/attention_capture.h"  // IWYU pragma: export
#include "label/heat_map.h"           // IWYU pragma: export
