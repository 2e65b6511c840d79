import type { AdminStats } from '../admin/ports.ts';
import uPlot from './uPlot.esm.js';

const x: AdminStats | null = null;
console.log(x, uPlot);
document.title = 'x';
