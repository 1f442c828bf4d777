// A button that asks the backend.
"use client";
import { useEvent } from "@weft/react";
import { useState } from "react";

export const Ask = ({ product = "" }) => {
  const [answer, setAnswer] = useState("");
  const asked = useEvent("asked", { "app.product": product });
  const ask = async () => {
    asked();
    const response = await fetch("/api/hello");
    setAnswer(await response.text());
  };
  return (
    <>
      <button id="press" onClick={ask}>
        Ask {product}
      </button>
      <output id="answer">{answer}</output>
    </>
  );
};
