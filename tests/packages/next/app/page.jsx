// Home; rendered on the server.
import { Ask } from "./ask.jsx";

const Home = () => <Ask />;
export default Home;
