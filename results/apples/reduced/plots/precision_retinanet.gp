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
set xrange [0:1]
set yrange [0:1]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'precision_retinanet'
set output 'precision_retinanet.svg'
plot \
  NaN with linespoints lc rgb '#0072B2' lw 2 dt 1 pt 7 title 'real (not run)', \
  NaN with linespoints lc rgb '#E69F00' lw 2 dt 1 pt 13 title 'generated (not run)', \
  NaN with linespoints lc rgb '#009E73' lw 2 dt 1 pt 9 title 'both (not run)'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'precision_retinanet.png'
replot
set output
