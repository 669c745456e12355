# Are generated pictures of use?
# Draw again with: gnuplot use.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'use.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0 ? 0 : v
set title 'Are generated pictures of use?' noenhanced
set xlabel 'real training pictures N' offset 0,0.4 noenhanced
set ylabel 'accuracy, %' noenhanced
set logscale x 10
set xrange [87.2019:3518.27]
set xtics ('100' 100, '200' 200, '500' 500, '1,000' 1000, '2,000' 2000, '' 90 1, '' 300 1, '' 400 1, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '' 3000 1)
set yrange [0:69.5177]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'use'
set output 'use.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#0072B2' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#0072B2' lw 2 dt 1 pt 7 ps 0.8 title 'real', \
  data using (ours(2, 3)):(ours(2, 4)):(inside(ours(2, 5))):(ours(2, 6)) with yerrorbars lc rgb '#D55E00' lw 1.2 pt 0 notitle, \
  data using (ours(2, 3)):(ours(2, 4)) with linespoints lc rgb '#D55E00' lw 2 dt 1 pt 5 ps 0.8 title 'real + generated'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'use.png'
replot
set output
