/* The trace of a line in C: the operations of loops.py in the same order.

   Compiled without -ffast-math and without fused multiply-adds, so that every number is
   bit for bit what Python gets. */

#include <stddef.h>

/* Fill an array of the twelve columns, each in one piece of rows * epochs numbers. */
void run_trace(const double *xs, const double *ys, ptrdiff_t rows, ptrdiff_t epochs, double m,
               double b, double learn, double nudge, double *columns)
{
    ptrdiff_t steps = rows * epochs;
    for (ptrdiff_t epoch = 0; epoch < epochs; epoch++) {
        for (ptrdiff_t row = 0; row < rows; row++) {
            double *step = columns + epoch * rows + row;
            double x = xs[row], y = ys[row];
            double y_pred = m * x + b;
            double error = y_pred - y;
            double error_sq = error * error;
            double above_m = (m + nudge) * x + b - y;
            double err_m1 = above_m * above_m;
            double de_dm = (err_m1 - error_sq) / nudge;
            double above_b = m * x + (b + nudge) - y;
            double err_b1 = above_b * above_b;
            double de_db = (err_b1 - error_sq) / nudge;
            step[0] = x;
            step[steps] = y;
            step[2 * steps] = m;
            step[3 * steps] = b;
            step[4 * steps] = y_pred;
            step[5 * steps] = error_sq;
            step[6 * steps] = err_m1;
            step[7 * steps] = de_dm;
            m -= learn * de_dm;
            step[8 * steps] = m;
            step[9 * steps] = err_b1;
            step[10 * steps] = de_db;
            b -= learn * de_db;
            step[11 * steps] = b;
        }
    }
}
