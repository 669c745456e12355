# Variety of the generated pictures
# Draw again with: gnuplot variety.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'variety.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0 ? 0 : v
set title 'Variety of the generated pictures' noenhanced
set xlabel 'epoch' offset 0,0.4 noenhanced
set ylabel 'relative variety' noenhanced
set xrange [0:207.96]
set yrange [0:1.31822]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
unset key
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'variety'
set output 'variety.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#CC79A7' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#CC79A7' lw 2 dt 1 pt 11 ps 0.8 title 'generated pictures'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'variety.png'
replot
set output
