# Pictures that the discriminator takes for what they are
# Draw again with: gnuplot discriminator.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'discriminator.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
inside(v) = v < 0 ? 0 : v
set title 'Pictures that the discriminator takes for what they are' noenhanced
set xlabel 'epoch' offset 0,0.4 noenhanced
set ylabel 'accuracy, %' noenhanced
set xrange [0:207.96]
set yrange [0:90.9814]
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'discriminator'
set output 'discriminator.svg'
plot \
  data using (ours(1, 3)):(ours(1, 4)):(inside(ours(1, 5))):(ours(1, 6)) with yerrorbars lc rgb '#0072B2' lw 1.2 pt 0 notitle, \
  data using (ours(1, 3)):(ours(1, 4)) with linespoints lc rgb '#0072B2' lw 2 dt 1 pt 7 ps 0.8 title 'real pictures', \
  data using (ours(2, 3)):(ours(2, 4)):(inside(ours(2, 5))):(ours(2, 6)) with yerrorbars lc rgb '#D55E00' lw 1.2 pt 0 notitle, \
  data using (ours(2, 3)):(ours(2, 4)) with linespoints lc rgb '#D55E00' lw 2 dt 1 pt 5 ps 0.8 title 'generated pictures'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'discriminator.png'
replot
set output
