# What scores mean (stand-in data)
# Draw again with: gnuplot reliability.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'reliability.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0 ? 0 : v
set title 'What scores mean (stand-in data)' noenhanced
set xlabel 'score' offset 0,0.4 noenhanced
set ylabel 'labels that are right (%)' noenhanced
set xrange [0:0.986]
set yrange [0:104]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'reliability'
set output 'reliability.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#E69F00' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#E69F00' lw 2 dt 1 pt 13 ps 0.8 title 'attention, published', \
  data using (ours(2, 3)):(ours(2, 4)):(inside(ours(2, 5))):(ours(2, 6)) with yerrorbars lc rgb '#0072B2' lw 1.2 pt 0 notitle, \
  data using (ours(2, 3)):(ours(2, 4)) with linespoints lc rgb '#0072B2' lw 2 dt 1 pt 7 ps 0.8 title 'attention, fixed', \
  data using (ours(3, 3)):(ours(3, 4)):(inside(ours(3, 5))):(ours(3, 6)) with yerrorbars lc rgb '#CC79A7' lw 1.2 pt 0 notitle, \
  data using (ours(3, 3)):(ours(3, 4)) with linespoints lc rgb '#CC79A7' lw 2 dt 1 pt 11 ps 0.8 title 'attention, brief', \
  data using (ours(4, 3)):(ours(4, 4)):(inside(ours(4, 5))):(ours(4, 6)) with yerrorbars lc rgb '#009E73' lw 1.2 pt 0 notitle, \
  data using (ours(4, 3)):(ours(4, 4)) with linespoints lc rgb '#009E73' lw 2 dt 1 pt 9 ps 0.8 title 'segmenter', \
  data using (ours(5, 3)):(ours(5, 4)):(inside(ours(5, 5))):(ours(5, 6)) with yerrorbars lc rgb '#000000' lw 1.2 pt 0 notitle, \
  data using (ours(5, 3)):(ours(5, 4)) with linespoints lc rgb '#000000' lw 2 dt 3 pt 7 ps 0.8 title 'score = share'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'reliability.png'
replot
set output
