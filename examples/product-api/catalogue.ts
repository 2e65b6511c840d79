import Database from 'libsql';
import type { ListQuery, Product, ProductInput } from './product.ts';
import { seedProducts } from './seed.ts';

/** A product with the number of times it was written, from which its entity tag is made. */
export interface StoredProduct {
  readonly product: Product;
  readonly version: number;
}

export interface ProductPage {
  readonly products: readonly Product[];
  /** Over the whole selection, not this page. */
  readonly total: number;
}

/** Thrown by writes whose SKU another product already has. */
export class DuplicateSku extends Error {
  override readonly name = 'DuplicateSku';
}

/**
 * The catalogue in its SQLite file. Every call is synchronous, so what one request reads and then
 * writes can't be interleaved with another request of this process.
 */
export interface Catalogue {
  list(query: ListQuery): ProductPage;
  find(id: number): StoredProduct | undefined;
  /** Throws DuplicateSku. */
  add(input: ProductInput): StoredProduct;
  /** undefined: there is no such product. Throws DuplicateSku. */
  replace(id: number, input: ProductInput): StoredProduct | undefined;
  remove(id: number): boolean;
  count(): number;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS product (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    sku         TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    category    TEXT NOT NULL,
    description TEXT NOT NULL,
    price_cents INTEGER NOT NULL,
    stock       INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS product_category ON product (category, id);
`;

interface Row {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly price_cents: number;
  readonly stock: number;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Opens the file, creating and seeding it where it holds no products yet. */
export function openCatalogue(file: string): Catalogue {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(SCHEMA);

  const selectAll = db.prepare('SELECT * FROM product ORDER BY id LIMIT @limit OFFSET @offset');
  const selectCategory = db.prepare(
    'SELECT * FROM product WHERE category = @category ORDER BY id LIMIT @limit OFFSET @offset',
  );
  const countAll = db.prepare('SELECT count(*) AS total FROM product');
  const countCategory = db.prepare('SELECT count(*) AS total FROM product WHERE category = @category');
  const selectOne = db.prepare('SELECT * FROM product WHERE id = @id');
  const insert = db.prepare(
    `INSERT INTO product (sku, name, category, description, price_cents, stock, created_at, updated_at)
     VALUES (@sku, @name, @category, @description, @priceCents, @stock, @now, @now)`,
  );
  const update = db.prepare(
    `UPDATE product SET sku = @sku, name = @name, category = @category, description = @description,
       price_cents = @priceCents, stock = @stock, version = version + 1, updated_at = @now
     WHERE id = @id`,
  );
  const deleteOne = db.prepare('DELETE FROM product WHERE id = @id');

  const count = () => (countAll.get() as { total: number }).total;
  const find = (id: number) => {
    const row = selectOne.get({ id }) as Row | undefined;
    return row === undefined ? undefined : { product: toProduct(row), version: row.version };
  };

  if (count() === 0) {
    db.transaction(() => {
      for (const { createdAt, ...input } of seedProducts()) insert.run({ ...input, now: createdAt });
    })();
  }

  return {
    list({ category, limit, offset }) {
      const rows =
        category === undefined
          ? selectAll.all({ limit, offset })
          : selectCategory.all({ category, limit, offset });
      const { total } = (category === undefined ? countAll.get() : countCategory.get({ category })) as {
        total: number;
      };
      return { products: (rows as Row[]).map(toProduct), total };
    },
    find,
    add(input) {
      const { lastInsertRowid } = writing(() => insert.run({ ...input, now: new Date().toISOString() }));
      return find(Number(lastInsertRowid)) as StoredProduct;
    },
    replace(id, input) {
      writing(() => update.run({ ...input, id, now: new Date().toISOString() }));
      return find(id);
    },
    remove: (id) => deleteOne.run({ id }).changes > 0,
    count,
    close: () => void db.close(),
  };
}

function toProduct(row: Row): Product {
  return {
    id: row.id,
    sku: row.sku,
    name: row.name,
    category: row.category,
    description: row.description,
    priceCents: row.price_cents,
    stock: row.stock,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function writing<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'SQLITE_CONSTRAINT_UNIQUE')
      throw new DuplicateSku('another product has this SKU', { cause: error });
    throw error;
  }
}
