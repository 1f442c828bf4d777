// A product; rendered on the server when it is asked for.
import { Ask } from "../../ask.jsx";

const Product = async ({ params }) => {
  const { id } = await params;
  return <Ask product={id} />;
};
export default Product;
