# Validation minus test, and the diversity of the sets (stand-in data)
# Draw again with: gnuplot narrowness.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'narrowness.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
set title 'Validation minus test, and the diversity of the sets (stand-in data)' noenhanced
set xlabel '' offset 0,0.4 noenhanced
set ylabel '' noenhanced
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
unset grid
set grid ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set terminal svg size 960,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'narrowness'
set output 'narrowness.svg'
set boxwidth 0.736
set xzeroaxis lt 1 lc rgb '#404040' lw 0.8
set xrange [-0.6:2.6]
set xtics ("copy-paste" 0, "Stable\nDiffusion" 1, "hybrid" 2)
set bmargin 3.5
set multiplot layout 1,2 title 'Validation minus test, and the diversity of the sets (stand-in data)' noenhanced
unset title
set tmargin 4
set ylabel 'validation minus test, points' noenhanced
set yrange [-14.4624:53.9822]
unset label
set key above center horizontal Left reverse samplen 1.5 maxrows 2 noenhanced
plot \
  data using (ours(1, 3)):(ours(1, 4)) with boxes fs solid 0.9 border rgb '#D55E00' lc rgb '#D55E00' notitle, \
  data using (ours(1, 3)):(ours(1, 5)):(0):(ours(1, 6) - ours(1, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle, \
  data using (published(1, 3)):(published(1, 4)) with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle, \
  NaN with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 title 'published'
set ylabel 'diversity' noenhanced
set yrange [0:3.50454]
unset label
unset key
plot \
  data using (ours(2, 3)):(ours(2, 4)) with boxes fs solid 0.9 border rgb '#009E73' lc rgb '#009E73' notitle, \
  data using (ours(2, 3)):(ours(2, 5)):(0):(ours(2, 6) - ours(2, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle
unset multiplot
set terminal pngcairo size 1920,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'narrowness.png'
set boxwidth 0.736
set xzeroaxis lt 1 lc rgb '#404040' lw 0.8
set xrange [-0.6:2.6]
set xtics ("copy-paste" 0, "Stable\nDiffusion" 1, "hybrid" 2)
set bmargin 3.5
set multiplot layout 1,2 title 'Validation minus test, and the diversity of the sets (stand-in data)' noenhanced
unset title
set tmargin 4
set ylabel 'validation minus test, points' noenhanced
set yrange [-14.4624:53.9822]
unset label
set key above center horizontal Left reverse samplen 1.5 maxrows 2 noenhanced
plot \
  data using (ours(1, 3)):(ours(1, 4)) with boxes fs solid 0.9 border rgb '#D55E00' lc rgb '#D55E00' notitle, \
  data using (ours(1, 3)):(ours(1, 5)):(0):(ours(1, 6) - ours(1, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle, \
  data using (published(1, 3)):(published(1, 4)) with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle, \
  NaN with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 title 'published'
set ylabel 'diversity' noenhanced
set yrange [0:3.50454]
unset label
unset key
plot \
  data using (ours(2, 3)):(ours(2, 4)) with boxes fs solid 0.9 border rgb '#009E73' lc rgb '#009E73' notitle, \
  data using (ours(2, 3)):(ours(2, 5)):(0):(ours(2, 6) - ours(2, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle
unset multiplot
set output
