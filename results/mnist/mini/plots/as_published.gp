# Error on MNIST mixed with GAN digits (as published) (stand-in data)
# Draw again with: gnuplot as_published.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'as_published.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0.54462 ? 0.54462 : v
set title "Error on MNIST mixed with GAN digits\n(as published) (stand-in data)" noenhanced
set xlabel 'real images N' offset 0,0.4 noenhanced
set ylabel 'error, %' noenhanced
set logscale x 10
set xrange [41.898:64979.3]
set xtics ('100' 100, '1,000' 1000, '10,000' 10000, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '' 200 1, '' 300 1, '' 400 1, '' 500 1, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '' 2000 1, '' 3000 1, '' 4000 1, '' 5000 1, '' 6000 1, '' 7000 1, '' 8000 1, '' 9000 1, '' 20000 1, '' 30000 1, '' 40000 1, '' 50000 1, '' 60000 1)
set logscale y 10
set yrange [0.54462:97.5542]
set ytics ('1' 1, '2' 2, '5' 5, '10' 10, '20' 20, '50' 50, '' 0.6 1, '' 0.7 1, '' 0.8 1, '' 0.9 1, '' 3 1, '' 4 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '' 30 1, '' 40 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1)
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'as_published'
set output 'as_published.svg'
plot \
  data using (published(1, 3)):(published(1, 4)) with linespoints lc rgb '#E69F00' lw 0.8 dt 3 pt 12 ps 0.9 notitle, \
  data using (published(2, 3)):(published(2, 4)) with linespoints lc rgb '#CC79A7' lw 0.8 dt 3 pt 10 ps 0.9 notitle, \
  data using (published(3, 3)):(published(3, 4)) with linespoints lc rgb '#0072B2' lw 0.8 dt 3 pt 6 ps 0.9 notitle, \
  data using (published(4, 3)):(published(4, 4)) with linespoints lc rgb '#D55E00' lw 0.8 dt 3 pt 4 ps 0.9 notitle, \
  data using (published(5, 3)):(published(5, 4)) with linespoints lc rgb '#009E73' lw 0.8 dt 3 pt 8 ps 0.9 notitle, \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#E69F00' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#E69F00' lw 2 dt 1 pt 13 ps 0.8 title 'font', \
  data using (ours(2, 3)):(ours(2, 4)):(inside(ours(2, 5))):(ours(2, 6)) with yerrorbars lc rgb '#CC79A7' lw 1.2 pt 0 notitle, \
  data using (ours(2, 3)):(ours(2, 4)) with linespoints lc rgb '#CC79A7' lw 2 dt 1 pt 11 ps 0.8 title 'GAN', \
  data using (ours(3, 3)):(ours(3, 4)):(inside(ours(3, 5))):(ours(3, 6)) with yerrorbars lc rgb '#0072B2' lw 1.2 pt 0 notitle, \
  data using (ours(3, 3)):(ours(3, 4)) with linespoints lc rgb '#0072B2' lw 2 dt 1 pt 7 ps 0.8 title 'original', \
  data using (ours(4, 3)):(ours(4, 4)):(inside(ours(4, 5))):(ours(4, 6)) with yerrorbars lc rgb '#D55E00' lw 1.2 pt 0 notitle, \
  data using (ours(4, 3)):(ours(4, 4)) with linespoints lc rgb '#D55E00' lw 2 dt 1 pt 5 ps 0.8 title 'original+GAN', \
  data using (ours(5, 3)):(ours(5, 4)):(inside(ours(5, 5))):(ours(5, 6)) with yerrorbars lc rgb '#009E73' lw 1.2 pt 0 notitle, \
  data using (ours(5, 3)):(ours(5, 4)) with linespoints lc rgb '#009E73' lw 2 dt 1 pt 9 ps 0.8 title 'original+font', \
  NaN with linespoints lc rgb '#606060' lw 0.8 dt 3 pt 6 ps 0.9 title 'published (open)'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'as_published.png'
replot
set output
