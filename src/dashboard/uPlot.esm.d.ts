// The library is served beside these modules under its own name: browsers know no packages.
import uPlot from 'uplot';

export default uPlot;
