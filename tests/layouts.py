"""Tables as an Odoo and an ERPNext have them, as far as the example sources read them, with believable rows."""

from sqlalchemy import create_engine, text

ODOO = """
create table res_partner (id integer primary key, name varchar(200), email varchar(200), parent_id integer);
create table sale_order (id integer primary key, name varchar(50), client_order_ref varchar(50), partner_id integer,
  state varchar(20), date_order timestamp, commitment_date timestamp);
create table sale_order_line (id integer primary key, order_id integer, product_id integer,
  product_uom_qty numeric(16, 3), qty_delivered numeric(16, 3), write_date timestamp);
create table product_template (id integer primary key, name varchar(200));
create table product_product (id integer primary key, default_code varchar(50), product_tmpl_id integer);
create table stock_move (id integer primary key, sale_line_id integer, state varchar(30), quantity numeric(16, 3),
  write_date timestamp);
create table mrp_production (id integer primary key, product_id integer, state varchar(20), date_finished timestamp,
  write_date timestamp);
insert into res_partner values (1, 'Muster Maschinenbau GmbH', null, null),
  (2, 'Jana Keller', 'jana.keller@muster.example.com', 1), (3, 'Nordwind AG', 'einkauf@nordwind.example.com', null);
insert into product_template values (1, 'Linear bearing block 20 mm'), (2, 'Guide rail 1 m');
insert into product_product values (1, 'BX-120', 1), (2, 'GR-1000', 2);
insert into sale_order values (1, 'S00041', '4500017733', 2, 'sale', '2026-05-18 09:12:00', '2026-05-22 00:00:00'),
  (2, 'S00042', 'NW-889', 3, 'sale', '2026-05-19 14:40:00', null);
insert into sale_order_line values (101, 1, 1, 120, 0, '2026-05-20 06:00:00'),
  (102, 2, 2, 40, 10, '2026-05-20 06:00:00'),
  (103, 2, 1, 5, 5, '2026-05-20 06:00:00');
insert into stock_move values (1, 101, 'partially_available', 80, '2026-05-20 06:30:00'),
  (2, 102, 'assigned', 10, '2026-05-20 06:30:00');
insert into mrp_production values (1, 1, 'progress', '2026-06-10 12:00:00', '2026-05-20 06:40:00');
"""
ERPNEXT = """
create table "tabSales Order" (name varchar(140) primary key, customer_name varchar(140), po_no varchar(140),
  transaction_date date, docstatus integer, status varchar(40), contact_display varchar(140),
  contact_email varchar(140), modified timestamp);
create table "tabSales Order Item" (name varchar(140) primary key, parent varchar(140), idx integer,
  item_code varchar(140), item_name varchar(140), stock_uom varchar(40), stock_qty numeric(18, 6),
  delivered_qty numeric(18, 6), stock_reserved_qty numeric(18, 6), delivery_date date, modified timestamp);
create table "tabPurchase Order Item" (name varchar(140) primary key, item_code varchar(140), schedule_date date,
  docstatus integer, received_qty numeric(18, 6), qty numeric(18, 6), modified timestamp);
insert into "tabSales Order" values
  ('SAL-ORD-2026-00007', 'Weber Anlagen', 'W-2201', '2026-05-18', 1, 'To Deliver and Bill', 'Purchasing',
   'purchasing@weber.example.com', '2026-05-20 08:00:00'),
  ('SAL-ORD-2026-00008', 'Hansen Pumpen', 'HP-77', '2026-05-19', 1, 'To Deliver and Bill', 'Ole Hansen',
   'ole@hansen.example.com', '2026-05-20 08:00:00');
insert into "tabSales Order Item" values
  ('a1', 'SAL-ORD-2026-00007', 1, 'PUMP-5', 'Circulation pump 5 bar', 'Nos', 24, 0, 16, '2026-05-25',
   '2026-05-20 08:00:00'),
  ('a2', 'SAL-ORD-2026-00008', 1, 'SEAL-9', 'Seal kit', 'Nos', 60, 0, 30, '2026-05-25', '2026-05-20 08:00:00');
insert into "tabPurchase Order Item" values ('p1', 'PUMP-5', '2026-06-08', 1, 0, 50, '2026-05-20 08:10:00');
"""


def run(url: str, script: str) -> None:
    """Run plain SQL, statement by statement, as somebody with a console would."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in script.split(";"):
            if statement.strip():
                connection.execute(text(statement))
    engine.dispose()
