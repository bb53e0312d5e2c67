/// The page's style sheet.
enum PageStyle {
    static let style = Markup.element("style", [], [sheet])

    private static let sheet: Markup = """
        :root{--ink:#1c2430;--soft:#5b6675;--paper:#fff;--rule:#d9dee5;--good:#15803d;--bad:#b91c1c;
        --c0:#6b7280;--c1:#b45309;--c2:#7c3aed;--c3:#0369a1;--c4:#15803d;--c5:#be185d}
        @media screen and (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa7b8;--paper:#12161c;--rule:#2c3542;
        --good:#4ade80;--bad:#f87171;--c0:#9ca3af;--c1:#f59e0b;--c2:#a78bfa;--c3:#38bdf8;--c4:#4ade80;--c5:#f472b6}}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
        h1{font-size:1.7rem;margin:0}h2{font-size:1.3rem;margin:2.2rem 0 .4rem;border-bottom:1px solid var(--rule)}
        h3{font-size:1.05rem;margin:1.6rem 0 .2rem}h4{font-size:.95rem;margin:1rem 0 .2rem}
        p{margin:.3rem 0 .7rem;color:var(--soft);max-width:46rem}.warn{color:var(--bad);font-weight:600}
        svg{width:100%;height:auto;display:block}section{break-inside:avoid}
        .wide{overflow-x:auto}table{border-collapse:collapse;font-size:.8rem;margin:.4rem 0}
        th,td{padding:.2rem .45rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
        th{font-weight:600;color:var(--soft)}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        td.none{color:var(--soft)}summary{cursor:pointer;color:var(--soft)}
        text{fill:var(--ink);font:12px system-ui,sans-serif}text.s{fill:var(--soft);font-size:11px}
        text.b{font-weight:600}text.on{fill:#fff;font-size:11px;font-weight:600}
        .grid{stroke:var(--rule);stroke-width:1}.whisker{stroke-width:2.5;opacity:.55}
        .curve{fill:none;stroke-width:2.5}.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}.legend span{white-space:nowrap}
        td:first-child,td.k{white-space:nowrap}
        .legend i{display:inline-block;width:.8em;height:.8em;border-radius:2px}
        rect.c0,circle.c0{fill:var(--c0)}rect.c1,circle.c1{fill:var(--c1)}rect.c2,circle.c2{fill:var(--c2)}
        rect.c3,circle.c3{fill:var(--c3)}rect.c4,circle.c4{fill:var(--c4)}rect.c5,circle.c5{fill:var(--c5)}
        line.c0,path.c0{stroke:var(--c0)}line.c1,path.c1{stroke:var(--c1)}line.c2,path.c2{stroke:var(--c2)}
        line.c3,path.c3{stroke:var(--c3)}line.c4,path.c4{stroke:var(--c4)}line.c5,path.c5{stroke:var(--c5)}
        i.c0{background:var(--c0)}i.c1{background:var(--c1)}i.c2{background:var(--c2)}
        i.c3{background:var(--c3)}i.c4{background:var(--c4)}i.c5{background:var(--c5)}
        rect.pass{fill:#15803d}rect.shortcut{fill:#b91c1c}rect.procedural-wrong{fill:#a16207}rect.neither{fill:#6b7280}
        i.pass{background:#15803d}i.shortcut{background:#b91c1c}i.procedural-wrong{background:#a16207}i.neither{background:#6b7280}
        .up1{background:color-mix(in srgb,var(--good) 12%,transparent)}.up2{background:color-mix(in srgb,var(--good) 24%,transparent)}
        .up3{background:color-mix(in srgb,var(--good) 36%,transparent)}.up4{background:color-mix(in srgb,var(--good) 48%,transparent)}
        .up5{background:color-mix(in srgb,var(--good) 60%,transparent)}
        .down1{background:color-mix(in srgb,var(--bad) 12%,transparent)}.down2{background:color-mix(in srgb,var(--bad) 24%,transparent)}
        .down3{background:color-mix(in srgb,var(--bad) 36%,transparent)}.down4{background:color-mix(in srgb,var(--bad) 48%,transparent)}
        .down5{background:color-mix(in srgb,var(--bad) 60%,transparent)}
        @media print{*{print-color-adjust:exact;-webkit-print-color-adjust:exact}main{max-width:none;padding:0}
        details>*{display:block}table{font-size:.7rem}}
        """
}
