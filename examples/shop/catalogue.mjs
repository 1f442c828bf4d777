// What the shop sells, and what its customers say. A real shop would have a database here.

export const products = [
  { id: "scarf", name: "Herringbone scarf", price: 48, warp: "#31473a", weft: "#e8dcc4", text: "Lambswool, woven on a narrow loom. Gets softer every winter." },
  { id: "blanket", name: "Harbour blanket", price: 129, warp: "#24405c", weft: "#c9d8e2", text: "Heavy enough for a deck in October. Recycled wool, fringed by hand." },
  { id: "towel", name: "Tea towel, set of two", price: 22, warp: "#a63d2f", weft: "#f7efe3", text: "Half-linen with a red check. Dries glasses without lint." },
  { id: "cushion", name: "Moss cushion", price: 39, warp: "#6b7d3a", weft: "#dfe3c3", text: "Basket weave, feather filling, hidden zip." },
  { id: "rug", name: "Rag rug", price: 185, warp: "#5d4a6b", weft: "#e2d3c8", text: "Made from shirts that had a first life. No two are alike." },
  { id: "tote", name: "Market tote", price: 31, warp: "#b9772b", weft: "#f3e6cf", text: "Canvas, two handles, one pocket. Carries a week of apples." },
];

export const reviews = [
  { who: "Maren", stars: 5, text: "The blanket came with me to three flats by now." },
  { who: "Tobias", stars: 4, text: "Lovely towels. A loop to hang them by would be nice." },
  { who: "Ines", stars: 5, text: "I left this page open for weeks before I ordered. No regrets." },
];
