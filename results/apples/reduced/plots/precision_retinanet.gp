# Precision over recall, RetinaNet (generated pictures labelled by a detector)
# Draw again with: gnuplot precision_retinanet.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'precision_retinanet.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0 ? 0 : v
below(v) = v > 1 ? 1 : v
set title "Precision over recall, RetinaNet (generated\npictures labelled by a detector)" noenhanced
set xlabel 'recall' offset 0,0.4 noenhanced
set ylabel 'precision' noenhanced
set xrange [0:1.04]
set yrange [0:1.03]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'precision_retinanet'
set output 'precision_retinanet.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(below(ours(1, 6))) with yerrorbars lc rgb '#0072B2' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#0072B2' lw 2 dt 1 pt 7 ps 0.8 title 'real', \
  data using (ours(2, 3)):(ours(2, 4)):(inside(ours(2, 5))):(below(ours(2, 6))) with yerrorbars lc rgb '#E69F00' lw 1.2 pt 0 notitle, \
  data using (ours(2, 3)):(ours(2, 4)) with linespoints lc rgb '#E69F00' lw 2 dt 1 pt 13 ps 0.8 title 'generated', \
  data using (ours(3, 3)):(ours(3, 4)):(inside(ours(3, 5))):(below(ours(3, 6))) with yerrorbars lc rgb '#009E73' lw 1.2 pt 0 notitle, \
  data using (ours(3, 3)):(ours(3, 4)) with linespoints lc rgb '#009E73' lw 2 dt 1 pt 9 ps 0.8 title 'both'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'precision_retinanet.png'
replot
set output
