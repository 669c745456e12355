#include "report/html/index_style.h"

namespace ersatz::report::html {

const char* const kIndexStyle = R"css(
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1c1f23; --soft: #5a626b; --line: #d9dde2; --band: #f5f6f8;
  --link: #0a5fa8;
  --holds: #0b6b3a; --holds-ground: #dff3e6; --fails: #a3210f; --fails-ground: #fbe3df;
  --open: #7a5200; --open-ground: #fbefd3; --absent: #5a626b; --absent-ground: #e8eaed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --ink: #e4e7ea; --soft: #9aa4ae; --line: #333a42; --band: #1d2126;
    --link: #7fb8ee;
    --holds: #8fe0b0; --holds-ground: #12361f; --fails: #ffb3a7; --fails-ground: #45170f;
    --open: #f2cf85; --open-ground: #3d2e08; --absent: #aab3bc; --absent-ground: #2a3037;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 76rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.45rem; margin: 3.5rem 0 .5rem; padding-top: 1rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .4rem 0; max-width: 48rem; }
ul { margin: .4rem 0; padding-left: 1.2rem; max-width: 48rem; }
a { color: var(--link); }
code { font: .9em ui-monospace, "Liberation Mono", monospace; overflow-wrap: anywhere; }
.note, .legend { color: var(--soft); font-size: .85rem; }
.legend p { margin: .15rem 0; }
.scroll { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 1.5px solid var(--ink); font-weight: 600; }
tbody th { font-weight: 500; }
table.numbers { font-variant-numeric: tabular-nums; font-size: .85rem; }
table.numbers th, table.numbers td { padding: .3rem .45rem; }
table.numbers thead th:not(:first-child), table.numbers td { text-align: right; }
table.numbers thead th { vertical-align: bottom; }
td.absent, .interval { white-space: nowrap; }
table.wide { font-size: .76rem; }
table.wide th, table.wide td { padding: .3rem .25rem; }
.paper { color: var(--soft); background: var(--band); }
.interval { color: var(--soft); }
td.absent { color: var(--soft); }
tr.group th { padding-top: 1.2rem; font-weight: 600; border-bottom: 1px solid var(--ink); }
table.claims { width: 100%; }
table.claims td.claim { min-width: 16rem; }
table.claims td.effect { min-width: 14rem; }
.chip { display: inline-block; padding: 0 .5em; border-radius: .6em; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.chip.holds { color: var(--holds); background: var(--holds-ground); }
.chip.fails { color: var(--fails); background: var(--fails-ground); }
.chip.open { color: var(--open); background: var(--open-ground); }
.chip.absent { color: var(--absent); background: var(--absent-ground); }
.count { white-space: nowrap; margin-right: .4rem; }
a.other { display: inline-block; margin-right: .5rem; white-space: nowrap; font-size: .85rem; }
a.other .chip { font-size: .75rem; font-weight: 500; }
figure { margin: 1.5rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 2rem; }
.paper-white { background: #ffffff; border: 1px solid var(--line); border-radius: 4px; padding: .5rem; }
.paper-white svg { display: block; width: 100%; height: auto; }
img { max-width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line); }
details { margin: .8rem 0; }
summary { cursor: pointer; font-weight: 500; }
@media (max-width: 42rem) {
  table.claims, table.claims tbody, table.claims tr, table.claims td, table.claims th { display: block; }
  table.claims thead { display: none; }
  table.claims tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  table.claims td, table.claims th { border: 0; padding: .1rem 0; }
  table.claims td.claim { font-weight: 500; }
  table.claims td.claim, table.claims td.effect { min-width: 0; }
}
@media print {
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  p, ul { max-width: none; }
  h2 { break-before: page; }
  figure, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
  table:not(.numbers):not(.claims) td { overflow-wrap: anywhere; }
  table.claims td.claim, table.claims td.effect { min-width: 0; }
  .figures { grid-template-columns: 1fr 1fr; gap: 0 1rem; }
  table.numbers th, table.numbers td { padding: .2rem .3rem; }
  table.wide { font-size: 6.5pt; }
  table.wide th, table.wide td { padding: .15rem .15rem; }
  table.wide .interval { display: inline-block; white-space: normal; }
  details::details-content { content-visibility: visible; display: block; }
  a { color: inherit; text-decoration: none; }
}
)css";

}  // namespace ersatz::report::html
