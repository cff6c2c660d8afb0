/** The page's style sheet. It names no font and no file outside the page; colours are variables, one set per scheme. */
const LIGHT = `
--page:#fff;--panel:#f6f7f8;--ink:#16191d;--quiet:#59616b;--rule:#c9ced5;--grid:#eceef1;--accent:#0b5cad;
--blue:#0072b2;--vermilion:#d04a02;--green:#00875f;--purple:#a0468a;--ochre:#96700a;--grey:#848c96;
--part-1:#d98a1f;--part-2:#00875f;--part-3:#6f93b5;--bar:#9db8d2;`;

const DARK = `
--page:#14171a;--panel:#1d2125;--ink:#eceef0;--quiet:#a3acb6;--rule:#444c55;--grid:#262b30;--accent:#7ab8f5;
--blue:#56b4e9;--vermilion:#f58a51;--green:#35c496;--purple:#d993c8;--ochre:#d9b54a;--grey:#98a1ab;
--part-1:#e0a04c;--part-2:#35c496;--part-3:#5f87ad;--bar:#3f5d7a;`;

export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1000px;margin:0 auto;padding:0 24px}
header{padding-top:52px}
h1,h2,h3,h4{line-height:1.2;text-wrap:balance;margin:0}
h1{font-size:2.1rem;font-weight:650;letter-spacing:-.015em;margin:6px 0 18px}
h2{font-size:1.4rem;font-weight:650;letter-spacing:-.01em;margin:60px 0 14px}
h3{font-size:1.08rem;font-weight:650}
h4{font-size:.94rem;font-weight:650}
p{margin:0 0 12px;max-width:70ch;text-wrap:pretty}
.over{margin:0;color:var(--quiet);font-size:.9rem}
.finding{font-size:1.22rem;line-height:1.42;max-width:58ch}
.quiet,.footnote,.mix,figcaption p{color:var(--quiet);font-size:.89rem}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
a{color:var(--accent)}
.tiles{display:flex;flex-wrap:wrap;gap:1px;margin:28px 0 0;padding:1px;list-style:none;background:var(--rule)}
.tiles li{flex:1 1 200px;background:var(--page);padding:14px 18px 15px}
.tiles b{display:block;font-size:1.65rem;font-weight:650;letter-spacing:-.015em;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles span{display:block;font-size:.87rem;color:var(--quiet)}
.tiles .name{color:var(--ink);font-weight:550}
.points{padding-left:1.15em;margin:0;max-width:72ch}
.points li{margin-bottom:8px}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--quiet);font-size:.89rem;padding-bottom:10px}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 32px)}
th,td{text-align:left;padding:8px 0 8px 18px;vertical-align:baseline;white-space:nowrap}
th:first-child{padding-left:0;padding-right:6px}
.number{text-align:right}
thead th{font-size:.82rem;font-weight:550;line-height:1.3;color:var(--quiet);vertical-align:bottom;border-bottom:1.5px solid var(--ink);white-space:normal}
thead .number{padding-right:.5em}
.unit{display:block;font-weight:400}
tbody tr{border-bottom:1px solid var(--grid)}
tbody tr:last-child{border-bottom:1.5px solid var(--ink)}
tbody th{font-weight:550}
tbody tr.full td,tbody tr.full th{border-bottom:1px solid var(--rule)}
.by{color:var(--quiet);font-weight:400;font-size:.86em;margin-left:.25em}
.mark{display:inline-block;width:.5em;text-align:left}
.bar{position:relative;display:block;height:4px;margin:4px .5em 0 0;background:var(--grid);min-width:64px}
.bar span{display:block;height:100%;background:var(--bar)}
.bar i{position:absolute;top:-2px;bottom:-2px;width:1px;background:var(--ink)}
.protocol{margin:0 0 34px}
.protocol caption b{color:var(--ink)}
.protocol tbody tr:last-child{border-bottom:1px solid var(--rule)}
.protocol tbody:last-child tr:last-child{border-bottom:1.5px solid var(--ink)}
.protocol tbody th{vertical-align:top}
.protocol .proxy{font-weight:400;padding-left:18px}
.protocol caption span{max-width:min(calc(100vw - 32px),952px)}
.protocol td i{display:block;font-style:normal;font-weight:400;font-size:.88em;color:var(--quiet)}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:24px 26px;margin:18px 0 0}
.maps figure{margin:0}
.maps svg{display:block;width:100%;height:auto;background:var(--panel)}
.maps figcaption{font-size:.89rem;margin-bottom:6px}
.maps text{font:11px system-ui,sans-serif;fill:var(--ink);paint-order:stroke;stroke:var(--panel);stroke-width:3px;stroke-linejoin:round}
.texts{list-style:none;margin:0;padding:0}
.texts li{border-top:1px solid var(--grid);padding:8px 0;font-size:.89rem;overflow-wrap:anywhere}
.texts b{font-weight:550;margin-right:.5em}
pre{font:.84rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);padding:12px 14px;margin:0}
.results thead th:last-child{white-space:nowrap}
.footnote{margin-top:10px;max-width:90ch}
.chart{margin:0 0 54px}
.chart h3{margin-bottom:4px}
.chart svg.wide,.chart svg.narrow{display:block;width:100%;height:auto;overflow:visible}
.chart svg text{paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
.chart svg.narrow,.narrow-only{display:none}
.chart.heat .role-mark text{stroke:none}
.chart.map svg.wide{max-width:760px}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:4px 0 12px;padding:0;font-size:.87rem}
.legend li{display:flex;align-items:center;gap:7px}
.legend.narrow-only{display:none}
.swatch{width:13px;height:13px;flex:none}
.key{flex:none;overflow:visible}
details{margin-top:6px;font-size:.89rem}
summary{cursor:pointer;color:var(--quiet);width:fit-content}
details .scroll{margin-top:10px}
.figures{width:auto;font-size:.87rem}
.figures caption{display:none}
.figures th,.figures td{padding-top:4px;padding-bottom:4px}
.figures thead .number{padding-right:0;max-width:9em}
.gallery{border-top:1px solid var(--rule);padding:18px 0 26px}
.gallery h3{margin-bottom:6px}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:22px 44px;margin-top:16px}
.side .quiet{margin:2px 0 10px}
.images{display:grid;grid-template-columns:repeat(var(--wide),minmax(0,1fr));gap:10px 7px;list-style:none;margin:0;padding:0}
.images li{min-width:0;text-align:center;font-size:.66rem;line-height:1.25;color:var(--quiet)}
.images span{display:block;overflow-wrap:anywhere;margin-top:3px}
.images img{display:block;width:100%;height:auto;image-rendering:pixelated;background:var(--panel)}
.mix{margin:12px 0 0}
.facts{display:grid;grid-template-columns:10.5em 1fr;gap:8px 26px;margin:0;font-size:.94rem}
.facts+h3{margin-top:34px}h3+.facts{margin-top:12px}.apart{margin:38px 0 14px}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;min-width:0;max-width:68ch;overflow-wrap:anywhere}
footer{color:var(--quiet);font-size:.86rem;padding-top:36px;padding-bottom:48px}
@media screen and (max-width:700px){
main,header,footer{padding-left:16px;padding-right:16px}
header{padding-top:30px}
h1{font-size:1.65rem}h2{margin-top:44px}
.finding{font-size:1.1rem}
.tiles li{flex-basis:40%;padding:11px 13px 12px}.tiles b{font-size:1.35rem}
.chart svg.wide{display:none}.chart svg.narrow{display:block;max-width:520px}
.legend.narrow-only{display:flex}
.sides{grid-template-columns:1fr}
.images{grid-template-columns:repeat(var(--narrow),minmax(0,1fr))}.images li{font-size:.72rem}
.results tbody th,.results thead th:first-child{position:sticky;left:0;background:var(--page)}
.results .number{padding-left:14px}
.results thead th:first-child{z-index:1}
.results tbody th{white-space:normal;min-width:7.5em}
.results .by{display:block;margin-left:0}
.protocol th{white-space:normal;min-width:4.6em;max-width:14em;overflow-wrap:break-word}.protocol .proxy,.protocol .number{padding-left:12px;min-width:0}
.facts{grid-template-columns:1fr;gap:2px}
.facts dd{margin-bottom:10px}
}
@media print{
:root{color-scheme:light;${LIGHT}}
@page{margin:16mm}
html{font-size:12.5px}
.tiles li{flex-basis:120px}
main,header,footer{max-width:none;padding-left:0;padding-right:0}
header{padding-top:0}
h2{margin-top:26px}
h2,h3,h4,figcaption{break-after:avoid}
.chart,.side,.maps figure,.texts li,tr,.tiles,.facts>div{break-inside:avoid}
.scroll{overflow:visible}
table{font-size:.82rem}
thead th{font-size:.76rem}
th,td{padding-left:8px}
.bar{min-width:36px}
details{display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
