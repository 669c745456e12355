// How results/index.html looks: light and dark, narrow and wide, on paper.
#pragma once

namespace ersatz::report::html {

extern const char* const kIndexStyle;  // CSS

}  // namespace ersatz::report::html
