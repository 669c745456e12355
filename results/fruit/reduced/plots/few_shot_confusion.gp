# Confusion: few-shot (other photographs)
# Draw again with: gnuplot few_shot_confusion.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'few_shot_confusion.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
set title 'Confusion: few-shot (other photographs)' noenhanced
set xlabel 'taken for' offset 0,0.4 noenhanced
set ylabel 'photograph of' noenhanced
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'few_shot_confusion'
set output 'few_shot_confusion.svg'
set xtics ("orange" 0, "peach" 1, "kiwi" 2, "tomato" 3, "banana" 4)
set ytics ('orange' 1, 'peach' 2, 'kiwi' 3, 'tomato' 4, 'banana' 5)
set xrange [-0.5:4.5]
set yrange [5.5:0.5]
set cbrange [0:50.5128]
set palette defined (0 '#FFFFFF', 0.5 '#7FB8DA', 1 '#00507C')
unset colorbox
unset key
unset grid
set tics scale 0
dark(v) = v > 27.7821
number(v) = v < 9.95 ? sprintf('%.1f', v) : sprintf('%.0f', v)
plot \
  data using 3:1:($3 - 0.5):($3 + 0.5):($1 - 0.5):($1 + 0.5):4 with boxxyerror fs solid noborder fc palette notitle, \
  data using (dark($4) ? NaN : $3):1:(number($4)) with labels tc rgb '#202020' notitle, \
  data using (dark($4) ? $3 : NaN):1:(number($4)) with labels tc rgb '#FFFFFF' notitle
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'few_shot_confusion.png'
replot
set output
