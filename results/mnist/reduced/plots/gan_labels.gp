# GAN digits that keep their label
# Draw again with: gnuplot gan_labels.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'gan_labels.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0 ? 0 : v
set title 'GAN digits that keep their label' noenhanced
set xlabel 'real images N' offset 0,0.4 noenhanced
set ylabel 'label kept, %' noenhanced
set logscale x 10
set xrange [42.3213:50033.9]
set xtics ('100' 100, '1,000' 1000, '10,000' 10000, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '' 200 1, '' 300 1, '' 400 1, '' 500 1, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '' 2000 1, '' 3000 1, '' 4000 1, '' 5000 1, '' 6000 1, '' 7000 1, '' 8000 1, '' 9000 1, '' 20000 1, '' 30000 1, '' 40000 1, '' 50000 1)
set yrange [0:85.2549]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
unset key
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'gan_labels'
set output 'gan_labels.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#CC79A7' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#CC79A7' lw 2 dt 1 pt 11 ps 0.8 title 'GAN digits'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'gan_labels.png'
replot
set output
