# What generated pictures are taken for (stand-in data)
# Draw again with: gnuplot confusion.gp
set encoding utf8
set datafile separator ','
set datafile columnheaders
data = 'confusion.csv'
ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN
published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : NaN
set title 'What generated pictures are taken for (stand-in data)' noenhanced
set xlabel 'taken for' offset 0,0.4 noenhanced
set ylabel 'asked for' noenhanced
set border 3 lw 1 lc rgb '#404040'
set tics nomirror out scale 0.75
set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1
set style fill noborder
set bars 0.6
set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' name 'confusion'
set output 'confusion.svg'
set xtics rotate by 35 right ('dress' 0, 'hat' 1, 'longsleeve' 2, 'outwear' 3, 'pants' 4, 'shirt' 5, 'shoes' 6, 'shorts' 7, 'skirt' 8, 't-shirt' 9)
set ytics ('dress' 1, 'hat' 2, 'longsleeve' 3, 'outwear' 4, 'pants' 5, 'shirt' 6, 'shoes' 7, 'shorts' 8, 'skirt' 9, 't-shirt' 10)
set xrange [-0.5:9.5]
set yrange [10.5:0.5]
set cbrange [0:94]
set palette defined (0 '#FFFFFF', 0.5 '#7FB8DA', 1 '#00507C')
unset colorbox
unset key
unset grid
set tics scale 0
dark(v) = v > 51.7
number(v) = v < 9.95 ? sprintf('%.1f', v) : sprintf('%.0f', v)
plot \
  data using 3:1:($3 - 0.5):($3 + 0.5):($1 - 0.5):($1 + 0.5):4 with boxxyerror fs solid noborder fc palette notitle, \
  data using (dark($4) ? NaN : $3):1:(number($4)) with labels tc rgb '#202020' notitle, \
  data using (dark($4) ? $3 : NaN):1:(number($4)) with labels tc rgb '#FFFFFF' notitle
set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 pointscale 2 background rgb 'white'
set output 'confusion.png'
replot
set output
