# Classifiers tested on photographs (other photographs)
# Draw again with: gnuplot test.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'test.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
set title 'Classifiers tested on photographs (other photographs)' noenhanced
set xlabel '' offset 0,0.4 noenhanced
set ylabel '%' noenhanced
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
unset grid
set grid ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'test'
set output 'test.svg'
set boxwidth 0.368
set xzeroaxis lt 1 lc rgb '#404040' lw 0.8
set xrange [-0.6:3.6]
set xtics ("few-shot" 0, "copy-paste" 1, "Stable\nDiffusion" 2, "hybrid" 3)
set bmargin 3.5
set ylabel '%' noenhanced
set yrange [0:105]
set ytics ('0' 0, '20' 20, '40' 40, '60' 60, '80' 80, '100' 100)
unset label
set label 'not run' at 2,0 center offset 0,0.7 textcolor rgb '#606060' noenhanced
set label 'not run' at 3,0 center offset 0,0.7 textcolor rgb '#606060' noenhanced
set key above center horizontal Left reverse samplen 1.5 maxrows 2 noenhanced
plot \
  data using (ours(1, 3)):(ours(1, 4)) with boxes fs solid 0.9 border rgb '#0072B2' lc rgb '#0072B2' title 'accuracy', \
  data using (ours(2, 3)):(ours(2, 4)) with boxes fs solid 0.9 border rgb '#E69F00' lc rgb '#E69F00' title 'F1', \
  data using (ours(1, 3)):(ours(1, 5)):(0):(ours(1, 6) - ours(1, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle, \
  data using (published(1, 3)):(published(1, 4)) with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle, \
  data using (ours(2, 3)):(ours(2, 5)):(0):(ours(2, 6) - ours(2, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle, \
  data using (published(2, 3)):(published(2, 4)) with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle, \
  NaN with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 title 'published'
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'test.png'
set boxwidth 0.368
set xzeroaxis lt 1 lc rgb '#404040' lw 0.8
set xrange [-0.6:3.6]
set xtics ("few-shot" 0, "copy-paste" 1, "Stable\nDiffusion" 2, "hybrid" 3)
set bmargin 3.5
set ylabel '%' noenhanced
set yrange [0:105]
set ytics ('0' 0, '20' 20, '40' 40, '60' 60, '80' 80, '100' 100)
unset label
set label 'not run' at 2,0 center offset 0,0.7 textcolor rgb '#606060' noenhanced
set label 'not run' at 3,0 center offset 0,0.7 textcolor rgb '#606060' noenhanced
set key above center horizontal Left reverse samplen 1.5 maxrows 2 noenhanced
plot \
  data using (ours(1, 3)):(ours(1, 4)) with boxes fs solid 0.9 border rgb '#0072B2' lc rgb '#0072B2' title 'accuracy', \
  data using (ours(2, 3)):(ours(2, 4)) with boxes fs solid 0.9 border rgb '#E69F00' lc rgb '#E69F00' title 'F1', \
  data using (ours(1, 3)):(ours(1, 5)):(0):(ours(1, 6) - ours(1, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle, \
  data using (published(1, 3)):(published(1, 4)) with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle, \
  data using (ours(2, 3)):(ours(2, 5)):(0):(ours(2, 6) - ours(2, 5)) with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle, \
  data using (published(2, 3)):(published(2, 4)) with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle, \
  NaN with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 title 'published'
set output
