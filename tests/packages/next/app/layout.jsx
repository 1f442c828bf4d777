// Of all pages; rendered on the server. What is of the browser comes from the package as it is.
import { ErrorBoundary } from "@weft/react";
import { RouteName } from "@weft/react/next";
import Link from "next/link";

const Layout = ({ children }) => (
  <html lang="en">
    <head>
      <link rel="icon" href="data:," />
    </head>
    <body>
      <RouteName />
      <nav>
        <Link id="rug" href="/product/rug-12">
          Rug
        </Link>
        <Link id="scarf" href="/product/scarf-7">
          Scarf
        </Link>
      </nav>
      <ErrorBoundary name="page">{children}</ErrorBoundary>
    </body>
  </html>
);
export default Layout;
