# Distance to the training pictures over the training
# Draw again with: gnuplot progress_distance.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'progress_distance.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 6.71727 ? 6.71727 : v
set title 'Distance to the training pictures over the training' noenhanced
set xlabel 'epoch' offset 0,0.4 noenhanced
set ylabel 'Frechet distance' noenhanced
set logscale x 10
set xrange [0.809019:247.213]
set xtics ('1' 1, '10' 10, '100' 100, '' 0.9 1, '' 2 1, '' 3 1, '' 4 1, '' 5 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '' 20 1, '' 30 1, '' 40 1, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '' 200 1)
set logscale y 10
set yrange [6.71727:110.006]
set ytics ('10' 10, '20' 20, '50' 50, '100' 100, '' 7 1, '' 8 1, '' 9 1, '' 30 1, '' 40 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1)
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
unset key
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'progress_distance'
set output 'progress_distance.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#CC79A7' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#CC79A7' lw 2 dt 1 pt 11 ps 0.8 title 'generated pictures'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'progress_distance.png'
replot
set output
